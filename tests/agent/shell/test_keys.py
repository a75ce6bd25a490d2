"""Nobody who runs as the agent's user finds the keys, in the agent or in what it tells."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import aideator_agent
from aideator_agent.keys import REDACTED, Redactor, scrubbed

KEY = "sk-a-key-that-no-text-holds-by-chance"
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
PROBE = """
import json, os, sys
if "take" in sys.argv:
    from aideator_agent import keys
    taken = keys.take(["OPENAI_API_KEY", "OTHER_API_KEY", "MISSING_API_KEY"])
else:
    taken = {}
told = {"pid": os.getpid(), "taken": taken, "left": dict(os.environ), "argv": sys.argv, "dev": sys.flags.dev_mode}
print(json.dumps(told | {"descriptors": [fd for fd in range(20) if os.path.exists(f"/dev/fd/{fd}")]}), flush=True)
sys.stdin.read()
"""
HUNT = """
import json, os, sys
word, found = sys.stdin.read().encode(), []
others = [pid for pid in filter(str.isdecimal, os.listdir("/proc")) if pid != str(os.getpid())]
def look(pid):
    for name in ["environ", "cmdline"]:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            yield name, file.read()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(n, 16) for n in line.split()[0].split("-"))
            if " rw" in line and end - start < 1 << 26:
                memory.seek(start)
                yield "memory", memory.read(end - start)
for pid in others:
    try:
        found += [[int(pid), where] for where, data in look(pid) if word in data]
    except OSError:
        continue
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter that the unprivileged user may run."""
    for candidate in [sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")]:
        try:
            if candidate and subprocess.run([candidate, "-c", "import json"], check=False, **NOBODY).returncode == 0:
                return candidate
        except PermissionError:
            continue
    pytest.skip("no Python that an unprivileged user may run")


@pytest.fixture
def program(public: Path) -> Path:
    """A folder from which `python -m probe` runs with the agent's package."""
    package = Path(str(aideator_agent.__file__)).parent
    shutil.copytree(package, public / "aideator_agent", ignore=shutil.ignore_patterns("__pycache__"))
    (public / "probe").mkdir()
    (public / "probe" / "__main__.py").write_text(PROBE)
    return public


@contextmanager
def agent(python: str, program: Path, *arguments: str, flags: tuple[str, ...] = (), key: str = KEY) -> Iterator[Any]:
    """What the probe tells, while it runs."""
    environment = {"PATH": os.environ["PATH"], "OPENAI_API_KEY": key, "OTHER_API_KEY": "ü" + key, "KEPT": "yes"}
    with subprocess.Popen(
        [python, *flags, "-m", "probe", *arguments],
        cwd=program,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **NOBODY,
    ) as process:
        assert process.stdout
        told = json.loads(process.stdout.readline())
        assert told["pid"] == process.pid
        yield told
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def hunt(python: str, word: str, pid: int) -> set[str]:
    """Where another process of the same user finds the word in this one."""
    told = subprocess.run([python, "-c", HUNT], input=word.encode(), capture_output=True, check=True, **NOBODY)
    return {where for found, where in json.loads(told.stdout) if found == pid}


def test_a_process_of_the_same_user_finds_no_key(python: str, program: Path) -> None:
    with agent(python, program, "take") as told:
        assert told["taken"] == {"OPENAI_API_KEY": KEY, "OTHER_API_KEY": "ü" + KEY}
        assert hunt(python, KEY, told["pid"]) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look")
def test_even_root_finds_no_key_in_the_environment(python: str, program: Path) -> None:
    with agent(python, program, "take") as told:
        assert b"KEPT=yes" in Path(f"/proc/{told['pid']}/environ").read_bytes()
        assert KEY.encode() not in Path(f"/proc/{told['pid']}/environ").read_bytes()


def test_the_hunt_does_see_what_can_be_seen(python: str, program: Path) -> None:
    with agent(python, program, "leave", KEY) as told:
        assert {"environ", "cmdline"} <= hunt(python, KEY, told["pid"])


def test_the_program_begins_again_as_it_was_called(python: str, program: Path) -> None:
    with agent(python, program, "take", "a b", "", "ü", flags=("-X", "dev", "-u", "-W", "ignore")) as told:
        assert told["argv"][1:] == ["take", "a b", "", "ü"]
        assert told["dev"]
        assert told["left"].keys() - {"LC_CTYPE"} == {"PATH", "KEPT"}
        assert told["descriptors"][:3] == [0, 1, 2]
        assert len(told["descriptors"]) <= 4  # and the one that lists them


def test_without_keys_the_process_is_closed_all_the_same(python: str, program: Path) -> None:
    (program / "probe" / "__main__.py").write_text(
        'import os; from aideator_agent import keys; assert keys.take(["NO_SUCH_KEY"]) == {}\n' + PROBE
    )
    with agent(python, program, "leave") as told:
        assert hunt(python, KEY, told["pid"]) == set() if sys.platform == "linux" else True


def test_keys_longer_than_a_pipe_are_an_error_and_no_hang(python: str, program: Path) -> None:
    told = subprocess.run(
        [python, "-c", "from aideator_agent import keys; keys.take(['A', 'B'])"],
        cwd=program,
        env={"A": "x" * 60_000, "B": "x" * 60_000},
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert b"the keys are too long to be taken over: 1200" in told.stderr


def test_children_find_their_tools_but_no_key() -> None:
    environment = {
        "PATH": "/bin", "HOME": "/root", "LC_ALL": "C", "https_proxy": "p", "VIRTUAL_ENV": "/v", "GOPATH": "/go",
        "OPENAI_API_KEY": "k", "GITHUB_TOKEN": "k", "AWS_SECRET_ACCESS_KEY": "k", "SSH_AUTH_SOCK": "k", "MYPATH": "k",
        "KUBECONFIG": "k", "DATABASE_URL": "k", "GIT_DIR": "k", "LD_PRELOAD": "k", "MINE": "yes",
    }  # fmt: skip

    assert set(scrubbed(environment)) == {"PATH", "HOME", "LC_ALL", "https_proxy", "VIRTUAL_ENV", "GOPATH"}
    assert scrubbed(environment, keep=["MINE", "ABSENT"])["MINE"] == "yes"


def test_a_text_loses_its_keys_and_nothing_else() -> None:
    redactor = Redactor([KEY, f" {KEY}-longer\n", "other-key-of-mine"])

    assert redactor.text(f"a {KEY} b {KEY}-longer{KEY} c") == f"a {REDACTED} b {REDACTED}{REDACTED} c"
    assert redactor.text("other-key-of-min") == "other-key-of-min"
    assert KEY not in repr(redactor)


def test_a_key_of_several_lines_goes_also_where_json_quotes_it() -> None:
    key = '{\n  "private": "a\\nb"\n}'

    redactor = Redactor([key])

    assert redactor.text(json.dumps({"text": key})) == f'{{"text": "{REDACTED}"}}'
    assert redactor.text(f"<{key}>") == f"<{REDACTED}>"


@pytest.mark.parametrize("word", ["", "EMPTY", "ollama", "   \n"])
def test_a_word_that_stands_for_no_key_is_left_in_texts(word: str) -> None:
    assert Redactor([word]).text("EMPTY ollama, a b\n") == "EMPTY ollama, a b\n"


KEYS = [KEY, f"{KEY}-longer", "key-key-key-key", "chance-to-overlap", "abcabcab-abcabcabd"]
TEXT = f"-{KEY}|{KEY}-longer|{KEY}-long|key-key-key-key-key|{KEY}-to-overlap|abcabcab-abcabcab-abcabcabd|{KEY[:-1]}{KEY}|key-"


@pytest.mark.parametrize("size", range(1, 45))
def test_a_key_in_any_number_of_pieces_is_seen(size: int) -> None:
    redactor = Redactor(KEYS)
    stream = redactor.stream()

    pieces = [stream.feed(TEXT[at : at + size]) for at in range(0, len(TEXT), size)]

    assert "".join([*pieces, stream.flush()]) == redactor.text(TEXT)
    assert not any(key in redactor.text(TEXT) for key in KEYS)
    assert stream.flush() == ""


def test_only_what_may_become_a_key_is_held_back() -> None:
    stream = Redactor([KEY]).stream()

    assert stream.feed("hello") == "hello"
    assert stream.feed(" sk-a-k") == " "
    assert stream.feed("nock") == "sk-a-knock"
    assert stream.feed(KEY) == REDACTED
    assert stream.feed("s") == ""
    assert stream.flush() == "s"
