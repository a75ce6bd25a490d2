"""What a user configures is the default of an option, in every place where it can be set, and every mistake is told with its place."""

import json
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.cli import filling, terminal
from aideator_cli.cli.commands import COMMANDS, run
from aideator_cli.cli.lazy_group import _load
from aideator_cli.cli.option_table import NO_SETTINGS, option_table
from aideator_cli.errors import ExitCode
from aideator_cli.intake.request import Bounds
from aideator_cli.system.configuration.options import Kind, Option, of_server
from aideator_cli.system.settings import Defaults, defaults_table
from tests.cli.conftest import Dry, Said, Shell
from tests.fixtures.repositories import LocalRepository

KEY = "sk-proj-9kF2jdLq0Zx7Vb3nT5yW8mR1cU4hG6aQeP"


@pytest.fixture
def config(home: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        home.mkdir(exist_ok=True)
        (home / "config.toml").write_text(text)
        return home / "config.toml"

    return write


Config = Callable[[str], Path]


def spec_of(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    document = next(each for each in yaml.safe_load_all(said.out) if each["kind"] == "ConfigMap")
    spec: dict[str, Any] = json.loads(document["data"]["spec.json"])
    return spec


def example(option: Option) -> tuple[str, Any]:
    """A value in TOML, and what the command gets."""
    text, value = {
        Kind.TEXT: (f'"{(option.choices or ("a=b",))[0]}"', (option.choices or ("a=b",))[0]),
        Kind.TIME: ('"7m"', "7m"),
        Kind.PATH: ('"/a/b"', Path("/a/b")),
        Kind.WHOLE: ("7", 7),
        Kind.NUMBER: ("0.5", 0.5),
        Kind.SWITCH: ("true", True),
    }[option.kind]
    return (f"[{text}]", [value]) if option.many else (text, value)


def test_every_option_of_run_can_be_configured(home: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option that is added to `run` is a setting by itself; one that can't be is named here."""
    without = {"user", "theme", "database", *(each.name for each in of_server())}
    options = {name: each for name, each in option_table().items() if name not in without}
    arguments = {"repo", "prompt"}
    assert options.keys() == signature(run.run).parameters.keys() - NO_SETTINGS - arguments
    config("".join(f"{name} = {example(option)[0]}\n" for name, option in options.items()))
    got: dict[str, Any] = {}
    command = _load("aideator_cli.cli.commands", "run", COMMANDS["run"])
    command.callback = lambda **given: got.update(given)
    monkeypatch.setattr(filling, "_GIVES_WAY", {})
    monkeypatch.setattr(filling, "_OF_OUR_LOOP", frozenset())
    command.main(["some/repository", "Fix it."], standalone_mode=False)
    missing = {
        name for name, option in options.items() if name not in defaults_table() and got[name] != example(option)[1]
    }
    assert not missing
    assert home.exists()


def test_what_the_rooms_below_look_up_are_settings_too() -> None:
    own, table = defaults_table(), option_table()
    assert own.keys() <= table.keys()
    assert {name: (each.kind, each.many) for name, each in own.items()} == {
        name: (table[name].kind, table[name].many) for name in own
    }
    assert Defaults().model is None


def test_files_profiles_variables_and_flags_come_in_this_order(
    dry: Dry, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def steps(*words: str) -> int:
        return int(spec_of(dry(*words))["limits"]["steps"])

    assert steps() == Bounds().max_steps
    config("max_steps = 10\n[profiles.cheap]\nmax_steps = 5\n")
    assert steps() == 10
    assert steps("--profile", "cheap") == 5
    monkeypatch.setenv("AIDEATOR_PROFILE", "cheap")
    assert steps() == 5
    monkeypatch.setenv("AIDEATOR_MAX_STEPS", "7")
    assert steps() == 7
    assert steps("--max-steps", "9") == 9
    assert steps("--no-max-steps") == Bounds().max_steps


def test_a_list_is_replaced_by_a_later_place_and_pairs_of_the_pod_are_added(dry: Dry, config: Config) -> None:
    config('verify = ["unit=pytest -q", "lint=ruff check"]\n[env]\nSTAGE = "ci"\n')
    spec = spec_of(dry("--env", "MODE=fast"))
    assert [check["name"] for check in spec["checks"]] == ["unit", "lint"]
    assert spec["env"] == {"STAGE": "ci", "MODE": "fast"}
    assert [check["name"] for check in spec_of(dry("--verify", "own=make test"))["checks"]] == ["own"]
    assert spec_of(dry("--no-verify", "--no-env")).get("checks", []) == []


def test_a_switch_that_is_configured_can_be_turned_off_again(dry: Dry, config: Config) -> None:
    config('verify = "make test"\nno_baseline = true\nwithhold_secrets = true\n')
    assert not spec_of(dry())["baseline"]
    assert spec_of(dry())["withhold_secrets"]
    spec = spec_of(dry("--baseline", "--no-withhold-secrets"))
    assert spec["baseline"]
    assert not spec["withhold_secrets"]


def test_what_is_configured_gives_way_to_what_it_can_not_be_combined_with(
    aideator: Shell, dry: Dry, config: Config, tmp_path: Path
) -> None:
    config('first = 1\nsetup = "make deps"\nview = "lines"\nbranch = "x"\nmax_output = 100\nn = 3\ncarry = ["notes"]\n')
    spec = spec_of(dry("--json"))
    assert spec.get("setup", []) == []  # without a check there is nothing to set up
    assert len(spec["variations"]) == 1
    words = [
        "run",
        f"file://{tmp_path}/source",
        "Fix it.",
        "--dry-run",
        "--model",
        f"scripted/{tmp_path}/script.yaml:2",
    ]
    assert len(spec_of(aideator(*words))["variations"]) == 2
    assert len(spec_of(aideator(*words[:-1], f"scripted/{tmp_path}/script.yaml"))["variations"]) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle = 'gpt-5'", "line 1: unknown setting 'modle'\n hint: did you mean model?"),
        ("max-cost = 1", "unknown setting 'max-cost'\n hint: did you mean max_cost?"),
        ("baseline = false", "did you mean no_baseline?"),
        ("\n\nmax_steps = 'ten'", "line 3: max_steps is 'ten'; it takes a whole number"),
        ("max_steps = true", "max_steps is true; it takes a whole number"),
        ("max_cost = inf", "max_cost is inf; it takes a number"),
        ("dirty = 'yes'", "dirty is 'yes'; it takes true or false"),
        ("timeout = 30", "timeout is 30; it takes a time in quotes"),
        ("timeout = 'soon'", "timeout takes a time such as 90s, 30m or 2h, not 'soon'"),
        ("cpu = 2", 'cpu is 2; it takes a text\n hint: put it in quotes: cpu = "…"'),
        ("verify = [1]", "verify is 1; it takes a list of texts\n hint: put each value in quotes"),
        ("backend = 'cloud'", "backend is 'cloud'; it takes auto, kubernetes or local"),
        ("model = ''", "model is empty"),
        ('image = "a\\u0000b"', "image is not a text: it holds a NUL"),
        ("model = 'a'\nmodel = 'b'", ", line 2, column"),
        ("model = [", "the file must be TOML"),
        ("a = " + "[" * 5000, "TOML"),
        ("max_cost = " + "9" * 5000, "TOML"),
        ("[profiles]\ncheap = 1", "profiles.cheap is no table"),
        ("[profiles.cheap]\nmodle = 'a'", "[profiles.cheap], line 2: unknown setting 'modle'"),
        ("[profiles.'a b']\nmodel = 'a'", "'a b' can't name a profile"),
        ("profiles = 1", "profiles is no table"),
        ("OPENAI_API_KEY = 'x'", "no configuration may hold one\n hint: store it with aideator secret set OPENAI_API_KEY"),
        ("api_key = 'x'", "store it with aideator secret set NAME"),
        (f"secret = '{KEY}'", "no configuration may hold a key"),
        (f"env = ['ANTHROPIC_API_KEY={KEY}']", "env holds ANTHROPIC_API_KEY, and no configuration may hold a key"),
        ("api_base = 'https://me:hunter2@llm.example/v1'", "api_base holds a URL with a password"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_is_expected(dry: Dry, config: Config, text: str, words: str) -> None:
    path = config(text + "\n")
    said = dry()
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert words in said.err
    assert str(path) in said.err
    assert KEY not in said.err
    assert "Traceback" not in said.err


def test_a_configured_value_that_is_refused_later_says_where_it_is_set(dry: Dry, config: Config) -> None:
    path = config("\nretries = 99\n")
    said = dry()
    assert said.code == ExitCode.USAGE
    assert f"--retries takes 0 to 10, not 99 (retries is set in {path}, line 2)" in said.err
    assert "--no-retries leaves it out" in said.err
    assert "is set in" not in dry("--retries", "99").err


def test_a_variable_is_checked_as_a_file_is(dry: Dry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIDEATOR_MAX_STEPS", "many")
    said = dry()
    assert said.code == ExitCode.USAGE
    assert "AIDEATOR_MAX_STEPS: max_steps is 'many'; it takes a whole number" in said.err
    monkeypatch.setenv("AIDEATOR_MAX_STEPS", "")
    monkeypatch.setenv("AIDEATOR_VERIFY", "a=make a\nb=make b\n")
    monkeypatch.setenv("AIDEATOR_MAX_STEP", "3")
    said = dry()
    assert [check["name"] for check in spec_of(said)["checks"]] == ["a", "b"]
    assert "AIDEATOR_MAX_STEP sets nothing; did you mean AIDEATOR_MAX_STEPS?" in said.err


def test_a_profile_that_is_not_there(dry: Dry, config: Config) -> None:
    assert "make one: aideator config set --profile cheap model NAME" in dry("--profile", "cheap").err
    config("[profiles.cheap]\nn = 1\n")
    said = dry("--profile", "cheep")
    assert said.code == ExitCode.USAGE
    assert "there is no profile 'cheep'\n hint: did you mean cheap?" in said.err


def test_a_configuration_of_before_still_counts_and_can_be_moved(aideator: Shell, dry: Dry, home: Path) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("# mine\nnode_selector: {pool: agents}\nrun_as: 4321\nmodel: gpt-5\n")
    said = dry()
    assert (
        "config.yaml still counts, but the configuration is config.toml now; move it: aideator config migrate"
        in said.err
    )
    before = said.out.replace(spec_of(said)["id"], "")
    assert "aideator config migrate" in aideator("config", "set", "n", "2").err
    moved = aideator("config", "migrate")
    assert moved.out == f"{home / 'config.toml'}\n"
    assert (
        (home / "config.toml")
        .read_text()
        .endswith('node_selector = ["pool=agents"]\nrun_as = "4321"\nmodel = ["gpt-5"]\n')
    )
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "config.yaml.old"]
    said = dry()
    assert "config.yaml" not in said.err
    assert "pool: agents" in said.out
    assert "pool: agents" in before
    assert aideator("config", "migrate").code == ExitCode.NOT_FOUND


def test_set_get_and_unset_leave_the_rest_of_the_file_alone(aideator: Shell, config: Config) -> None:
    path = config(
        '# my settings\nn = 2  # enough\nverify = [\n  "a",\n  "b",\n]\n\n[profiles.cheap]  # for small things\nn = 1\n'
    )
    assert aideator("config", "set", "n", "4").err == f"n is 4 in {path}\n"
    assert aideator("config", "set", "verify", "pytest -q").code == 0
    assert aideator("config", "set", "--profile", "cheap", "--", "max_cost", "0.1").code == 0
    assert aideator("config", "set", "--no-baseline", "true").code == ExitCode.USAGE
    assert aideator("config", "set", "no-baseline", "true").code == 0
    assert path.read_text() == (
        '# my settings\nn = 4  # enough\nverify = "pytest -q"\nno_baseline = true\n\n'
        "[profiles.cheap]  # for small things\nn = 1\nmax_cost = 0.1\n"
    )
    assert aideator("config", "get", "verify").out == "pytest -q\n"
    assert aideator("config", "get", "n", "--profile", "cheap").out == "1\n"
    assert aideator("config", "unset", "n").code == 0
    said = aideator("config", "get", "n")
    assert (said.code, said.out) == (ExitCode.NOT_FOUND, "")
    assert aideator("config", "unset", "n").code == ExitCode.NOT_FOUND
    assert "there is no setting 'modle'\n hint: did you mean model?" in aideator("config", "set", "modle", "x").err
    assert "takes one value, not 2" in aideator("config", "set", "n", "1", "2").err
    assert KEY not in aideator("config", "set", "secret", KEY).err
    assert "aideator secret set OPENAI_API_KEY" in aideator("config", "set", "OPENAI_API_KEY", KEY).err
    assert KEY not in path.read_text()


def test_a_setting_that_is_a_table_is_changed_by_hand(aideator: Shell, config: Config) -> None:
    path = config('[env]\nA = "1"\n')
    said = aideator("config", "set", "env", "A=2")
    assert said.code == ExitCode.USAGE
    assert "change it by hand: aideator config edit" in said.err
    assert path.read_text() == '[env]\nA = "1"\n'


def test_show_says_where_each_value_comes_from(
    aideator: Shell, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing is configured yet" in aideator("config", "show").err
    path = config('model = "gpt-5"\nlabel = "a=b"\n[profiles.cheap]\nn = 1\n')
    monkeypatch.setenv("AIDEATOR_LABEL", "c=d")
    said = aideator("config", "show", "--origin", "--profile", "cheap")
    assert [line.split(maxsplit=2) for line in said.out.splitlines()] == [
        ["label", "a=b", f"{path}, line 2; AIDEATOR_LABEL"],
        ["c=d"],
        ["model", "gpt-5", f"{path}, line 1"],
        ["n", "1", f"{path} [profiles.cheap], line 4"],
    ]
    lines = [json.loads(line) for line in aideator("config", "show", "--json").out.splitlines()]
    assert lines[1] == {
        "kind": "setting", "name": "model", "value": ["gpt-5"],
        "origins": [{"place": str(path), "line": 1, "profile": None}],
    }  # fmt: skip
    assert {line.split()[0] for line in aideator("config", "show", "--all").out.splitlines()} >= option_table().keys()


def test_edit_takes_only_what_has_no_mistake(
    aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "my editor"
    monkeypatch.setenv("VISUAL", f"'{editor}'")
    editor.write_text('#!/bin/sh\necho "n = 2" >>"$1"\n')
    editor.chmod(0o755)
    assert aideator("config", "edit").err == f"wrote {home / 'config.toml'}\n"
    before = (home / "config.toml").read_text()
    assert before.endswith("\nn = 2\n")
    said = aideator("config", "edit")  # n twice
    assert said.code == ExitCode.USAGE
    assert "nothing was written; your text is in " in said.err
    assert Path(said.err.rsplit("in ", 1)[1].strip()).read_text() == before + "n = 2\n"
    assert (home / "config.toml").read_text() == before
    editor.write_text("#!/bin/sh\n")
    assert aideator("config", "edit").err == "nothing was changed\n"
    answers = iter([True, False])
    editor.write_text('#!/bin/sh\necho "nonsense" >>"$1"\n')
    monkeypatch.setattr(terminal, "is_asked", lambda: True)
    monkeypatch.setattr(terminal, "agrees", lambda _question: next(answers))
    assert aideator("config", "edit").err.count("TOML") == 2
    editor.write_text("#!/bin/sh\nexit 3\n")
    assert "failed with exit code 3; nothing was written" in aideator("config", "edit").err
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert aideator("config", "edit").code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("n", "0", "-n takes 1 to 20, not 0"),
        ("max_steps", "0", "--max-steps takes 1 to 10000, not 0"),
        ("temperature", "3", "--temperature takes 0 to 2, not 3"),
        ("timeout", "30d", "--timeout takes 1s to 168h"),
        ("max_file", "1", "--max-file takes "),
        ("max_file", "much", "--max-file"),
        ("api_base", "localhost", "--api-base takes an http or https URL, not localhost"),
    ],
)
def test_what_no_run_would_take_is_not_set(aideator: Shell, home: Path, name: str, value: str, words: str) -> None:
    said = aideator("config", "set", name, value)
    assert said.code == ExitCode.USAGE
    assert words in said.err
    assert not (home / "config.toml").exists()


def test_a_model_that_nobody_knows_is_set_with_a_warning_and_its_run_says_where(
    aideator: Shell, home: Path, tmp_path: Path
) -> None:
    LocalRepository(tmp_path / "source").commit({"a.py": "x"})
    said = aideator("config", "set", "model", "nonsense")
    assert said.code == 0
    assert "warning: unknown model 'nonsense'" in said.err
    assert (
        f"(model is set in {home / 'config.toml'}, line "
        in aideator("run", f"{tmp_path}/source", "Fix it.", "--estimate").err
    )
    assert "warning" not in aideator("config", "set", "model", "claude-sonnet-4-5:2").err
    assert "warning" not in aideator("config", "set", "model", "auto:cheap").err


def test_a_script_is_kept_with_the_folder_in_which_it_was_named(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "good.yaml").write_text("- say: Done.\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    said = aideator("config", "set", "model", "scripted/../scripts/good.yaml:2,gpt-5")
    assert "warning" not in said.err
    assert aideator("config", "get", "model").out == f"scripted/{tmp_path}/scripts/good.yaml:2,gpt-5\n"
    assert "absent.yaml does not exist\n" in aideator("config", "set", "model", "scripted/absent.yaml").err
