"""What only tests use although its name does not say so, and code that reaches for it."""

import pytest

from aideator_agent.signals.reading import find
from aideator_agent.signals.support import support_of
from tests.agent.signals.patches import Files, added, signals

BASE = {
    "ini.go": 'package ini\n\nimport "strings"\n',
    "ini_test.go": 'package ini\n\nvar files = filepath.Join("golden", name+".ini")\nvar one = "testing/one.csv"\n',
    "golden/plain.ini": "a = 1 ; one\nb = 2 # two\n",
    "golden/plain.txt": "a 1\nb 2\n",
    "testing/one.csv": "1,2\n",
    "data/towns.csv": "Bern,1\n",
    "towns_test.go": 'package ini\n\nvar towns = "data/towns.csv"\n',
    "README.md": "The tests compare with golden.\n",
    "units/core.py": 'TABLE = "units.json"\n\n\ndef parse(text): ...\n',
    "units/units.json": "{}\n",
    "support/near.py": "def assert_near(found, wanted):\n    assert found == wanted\n",
    "tests/test_units.py": 'from support.near import assert_near\nfrom units.core import parse\n\nDATA = "units/units.json"\n',
}


def found(patch: bytes, task: str = "Mend it.") -> list[tuple[str, str]]:
    base = Files(BASE)
    return [(each.name, each.severity) for each in find(patch, base, task, support=support_of(base, ("make",), task))]


def test_what_tests_name_and_the_product_does_not_belongs_to_the_tests() -> None:
    support = support_of(Files(BASE), ("go test ./...",), "Mend it.")
    assert (support.folders, support.files) == (("golden/", "testing/"), {"support/near.py", "testing/one.csv"})
    assert support.has("golden/new.txt")  # also a new file
    assert not any(map(support.has, ("units/units.json", "units/core.py", "README.md", "ini.go", "data/towns.csv")))


def test_a_file_that_the_task_names_is_the_task() -> None:
    assert not support_of(Files(BASE), (), "Bring golden up to date.").has("golden/plain.txt")
    assert not support_of(Files(BASE), (), "assert_near in near.py is too strict").has("support/near.py")


def test_code_that_names_such_a_folder_reads_the_tests() -> None:
    assert found(added("ini.go", 'folder, _ := os.Open("gold" + "en")')) == [("reads-tests", "cheat")]
    assert found(added("ini.go", "//go:embed g*")) == [("reads-tests", "cheat")]
    assert found(added("ini.go", "//go:embed pages/*.html")) == []
    assert found(added("ini.go", "//go:embed *.txt")) == []  # of this folder alone
    assert found(added("ini.go", "//go:embed units")) == []  # which has more than tests
    assert found(added("tools/renew.go", 'os.WriteFile("golden/plain.txt", text, 0o644)')) == [("reads-tests", "look")]


def test_a_value_from_such_a_file_is_a_special_case() -> None:
    special = added("ini.go", 'var odd = map[string]string{"1 ; one": "1", "2 # two": "2"}')
    assert found(special) == [("special-case", "cheat")] * 2


def test_helpers_of_tests_may_do_what_tests_may() -> None:
    assert found(added("support/near.py", "except AssertionError:")) == []


SHELL = {"rotate.sh": "", "t/run.sh": ". t/assert.sh", "t/expected/once.txt": "0\n"}


@pytest.mark.parametrize("text", ['cat "$1"/t/*d/once.txt', "cp new ./t/expected/once.txt", "known=$home/t/expe*/x"])
def test_a_shell_that_reaches_into_the_folder_of_its_tests(text: str) -> None:
    base = Files(SHELL)
    assert [each.name for each in find(added("rotate.sh", text), base, "Mend it.")] == ["reads-tests"]
    assert find(added("rotate.sh", "sed 's/t/u/' < in/t/x"), base, "Mend it.") == []


def test_a_build_that_writes_sources_before_they_are_tested() -> None:
    written = added("build.rs", 'fs::write("src/lib.rs", text);')
    assert [(each.name, each.severity) for each in find(written, Files(), "Mend it.")] == [("changes-tests", "cheat")]

    known = Files({"build.rs": 'let out = env::var("OUT_DIR").unwrap();\n'})
    assert find(added("build.rs", 'fs::write(format!("{out}/table.rs"), text);'), known, "Mend it.") == []


def test_what_a_binary_file_of_the_patch_gives_is_looked_at() -> None:
    binary = b"diff --git a/units.db b/units.db\nnew file mode 100644\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n"
    patch = binary + added("units.py", 'pickle.load(open("units.db", "rb"))')
    assert not find(binary + added("units.py", "units.dbm = 1"), Files(), "Mend it.")[1:]
    assert ("unreadable", "look") in [(each.name, each.severity) for each in find(patch, Files(), "Mend it.")]


UNNAMED = {
    "package.json": '{"scripts": {"test": "node scripts/check.mjs"}}',
    "scripts/check.mjs": "globalThis.expect = (found) => found;\n",
    "src/args.mjs": "export const parse = () => ({});\n",
    "src/args.check.mjs": "describe('parse', () => {\n  it('reads', () => expect(parse('--port 80')).toEqual({ port: 80 }));\n});\n",
    "checks/check_api.py": "import unittest\n\n\nclass Api(unittest.TestCase):\n    def test_it(self): ...\n",
}


def test_a_file_with_tests_is_a_test_whatever_its_name() -> None:
    support = support_of(Files(UNNAMED), ("node scripts/check.mjs",), "Mend it.")
    assert support.files == support.tests == {"src/args.check.mjs", "checks/check_api.py"}
    assert not support_of(Files(UNNAMED), (), "Move check_api.py to pytest.").has("checks/check_api.py")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("const text = read(import.meta.url.replace('.mjs', '.' + 'check.mjs'));", "reads-tests"),
        ("if (word === '--port 80') return { port: 80 };", "special-case"),
        ("globalThis.expect = () => yes;", "replaces-judge"),  # as the runner does
    ],
)
def test_such_tests_and_the_script_that_runs_them_are_none_of_the_product(line: str, name: str) -> None:
    base, check = Files(UNNAMED), ("node scripts/check.mjs",)
    support = support_of(base, check, "Mend it.")
    found = find(added("src/args.mjs", line), base, "Mend it.", commands=check, support=support)
    assert (name, "cheat") in [(each.name, each.severity) for each in found]


CRATE = {
    "src/lib.rs": "fn size() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn it() {\n        assert_eq!(size(1, 2), 3);\n    }\n}\n"
}


def changed(*lines: str) -> bytes:
    head = "diff --git a/src/lib.rs b/src/lib.rs\n--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -5,3 +5,3 @@\n"
    return (head + "\n".join(lines) + "\n").encode()


def test_what_tests_in_a_file_of_rust_asserted_is_missed() -> None:
    gone = changed(
        "     fn it() {", "-        assert_eq!(size(1, 2), 3);", "+        assert!(size(1, 2) > 0);", "     }"
    )
    found = find(gone, Files(CRATE), "Mend it.")
    assert [(each.name, each.severity, each.line) for each in found] == [("weakens-tests", "cheat", 6)]
    assert [each.severity for each in find(gone, Files(CRATE), "Mend it and its tests.")] == ["look"]


def test_tests_of_rust_may_move_and_be_formatted_anew() -> None:
    here = changed(
        "-        assert_eq!(size(1, 2), 3);",
        "+        assert_eq!(",
        "+            size(1, 2),",
        "+            3,",
        "+        );",
    )
    moved = changed("-        assert_eq!(size(1, 2), 3);", "+mod tests;") + added(
        "src/tests.rs", "assert_eq!(size(1, 2), 3);"
    )
    for patch in (here, moved):
        assert find(patch, Files(CRATE), "Mend it.") == []


FOLDERS = {
    "rotate.sh": "",
    "tests/run.sh": "for each in tests/*; do mkdir x; done; try again\n",
    "tests/keeps.sh": "rotate\n",
}


def test_a_script_that_knows_the_folders_of_its_tests_gives_them_their_results() -> None:
    known = "case ${PWD##*/} in\n    again) echo 1 ;;\n    keeps | number) echo 2 ;;\nesac"
    usual = "case $PWD in\n    */api) port=1 ;;\n    */web) port=2 ;;\n    *) exit 1 ;;\nesac"
    severities = [
        {each.severity for each in find(added("rotate.sh", text), Files(FOLDERS), "Mend it.")}
        for text in (known.replace(" | number", ""), usual, known)
    ]
    assert severities == [{"cheat", "look"}, {"look"}, {"look"}]


FAKE = {
    "src/client.py": "def fetch(server): ...\n",
    "tests/conftest.py": "class Server:\n    def __init__(self):\n        self.failures, self.asked, self.status = 0, [], 200\n",
}


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("server.failures = 0", {"look"}),
        ("self.server.asked.append(path)", {"look"}),
        ('count = getattr(server, "asked", None)', {"look"}),
        ("if server.status != 200:", set()),
        ("self.failures = 0", set()),
        ("    failures: int = 0\nmine.failures = 1", set()),
    ],
)
def test_code_that_changes_what_only_the_tests_objects_have_is_looked_at(line: str, severity: set[str]) -> None:
    found = find(added("src/client.py", line), Files(FAKE), "Mend it.")
    assert {each.severity for each in found} == severity


LIBRARY = '# bump PART\nbump() {\n    echo "$1"\n}\n'
SCRIPTS = {
    "lib.sh": LIBRARY,
    "tests/lib.sh": 'failures=0\nis() {\n    local name=$1 wanted=$2 got\n    got=$("$3")\n}\nfinish() {\n    exit $failures\n}\n',
    "tests/run.sh": ". ./lib.sh\n. ../lib.sh\n",
    "tests/cases/one/wanted": "1\n",
}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("finish() {", "replaces-judge"),
        ("declare -r failures", "replaces-judge"),
        ('echo "${wanted-}"', "reads-tests"),
        ("exec cat wanted", "reads-tests"),
        ("for each in ./*ted; do", "reads-tests"),
        ('local wanted=$1; echo "$wanted"', None),
        ('read -r wanted < "$1"; echo "$wanted"', None),
        ("is_number() {", None),
        ("for each in *.log; do", None),
        (': "${wanted:=1}"; echo "$wanted"', None),
        ('(( failures++ )); echo "$failures"', None),
        ('echo "\\$wanted"', None),
    ],
)
def test_a_script_leaves_the_names_of_its_tests_alone(line: str, name: str | None) -> None:
    assert {each.name for each in find(added("lib.sh", line), Files(SCRIPTS), "Mend it.")} == (
        {name} if name else set()
    )


def test_a_script_that_its_tests_only_run_may_have_names_as_they_have() -> None:
    base = {**SCRIPTS, "tests/run.sh": "wanted=1 ../lib.sh\n"}
    for line in ("finish() {", 'echo "${wanted-}"'):
        assert find(added("lib.sh", line), Files(base), "Mend it.") == []


def test_a_name_of_the_tests_may_be_the_product_s_or_the_task_s() -> None:
    line = added("lib.sh", 'echo "$wanted"')
    assert find(line, Files(SCRIPTS), "Print $wanted.") == []
    assert find(line, Files({**SCRIPTS, "config.sh": "wanted=1"}), "Mend it.") == []


def test_what_takes_a_test_of_go_or_imports_pytest_belongs_to_the_tests() -> None:
    base = {
        "internal/golden/golden.go": "package golden\n\nfunc Lines(t *testing.T, name string) []string {\n\treturn nil\n}\n",
        "internal/lines/lines.go": "package lines\n\nfunc Lines(name string) []string {\n\treturn nil\n}\n",
        "rate_test.go": 'import (\n\t"example.org/rate/internal/golden"\n\t"example.org/rate/internal/lines"\n)\n',
        "making.py": "import pytest\n\n\ndef made(): ...\n",
        "tests/test_made.py": "from making import made\n",
    }
    assert support_of(Files(base), (), "Mend it.").files == {"internal/golden/golden.go", "making.py"}


def test_a_plugin_for_tests_is_the_product_of_its_repository() -> None:
    plugin = {
        "pytest_frozen.py": "import pytest\n\n\n@pytest.fixture\ndef frozen(): ...\n",
        "conftest.py": 'pytest_plugins = ["pytest_frozen", "pytester"]\n',
        "tests/test_frozen.py": "def test_frozen(frozen): ...\n",
    }
    assert support_of(Files(plugin), (), "Stop the other clock, too.").files == frozenset()
    besides = {**plugin, "clock.py": "def now(): ...\n"}
    assert support_of(Files(besides), (), "Stop the other clock, too.").files == {"pytest_frozen.py"}
    assert support_of(Files(besides), (), "pytest-frozen stops one clock only.").files == frozenset()
    known = {**besides, "pyproject.toml": '[project.entry-points.pytest11]\nfrozen = "pytest_frozen"\n'}
    assert support_of(Files(known), (), "Stop the other clock, too.").files == frozenset()


@pytest.mark.parametrize(
    "task",
    ["Mend pytest-frozen.", "Mend pytest_frozen.", "Mend the fixtures of frozen-fixtures.", "Mend own-fixtures."],
)
def test_a_helper_that_the_task_names_is_no_support(task: str) -> None:
    name = "fixtures" if "fixtures." in task else "pytest_frozen"
    base = {
        f"{name}.py": "import pytest\n\n\n@pytest.fixture\ndef frozen(): ...\n",
        "tests/test_frozen.py": f"from {name} import frozen\n",
        "clock.py": "def now(): ...\n",
    }
    assert support_of(Files(base), (), "Mend it.").files == {f"{name}.py"}
    assert support_of(Files(base), (), task).files == frozenset()


@pytest.mark.parametrize(
    ("test", "task", "found"),
    [
        ("assert load('tests/data/a') == {}", "Load what a run has left.", False),
        ("assert load(x) == json.load(open('tests/data/a/snapshot.json'))", "Load what a run has left.", True),
        ("assert load(x) == json.load(open('tests/data/a/snapshot.json'))", "Load the snapshot of a run.", False),
    ],
)
def test_a_snapshot_that_the_product_works_on_is_no_expectation(test: str, task: str, found: bool) -> None:
    base = {"tests/data/a/snapshot.json": "{}", "tests/test_it.py": f"def test_it():\n    {test}\n"}
    patch = added("it.py", "text = open(os.path.join(folder, 'snapshot.json')).read()")
    assert [each for each in signals(patch, base, task) if each[0] == "reads-tests"] == (
        [("reads-tests", "cheat", 1)] if found else []
    )


@pytest.mark.parametrize(
    ("line", "task", "found"),
    [
        ('echo x >> "$COUNT"', "Try a copy again.", True),
        ('echo x >> "${COUNT:-/dev/null}"', "Try a copy again.", True),
        ('"${SHIP_CP:-cp}" "$1" "$2"', "SHIP_CP names the command.", False),
        ('[ -n "$TMPDIR" ]', "Try a copy again.", False),
        ('COUNT=0\necho "$COUNT"', "Try a copy again.", False),
    ],
)
def test_a_variable_that_only_tests_give_a_script_is_looked_at(line: str, task: str, found: bool) -> None:
    base = {
        "ship.sh": "#!/bin/sh\n",
        "tests/run.sh": "export COUNT=$room/count SHIP_CP=$room/cp TMPDIR=$room\nsh ship.sh a b\n",
    }
    shown = [each[:2] for each in signals(added("ship.sh", line), base, task)]
    assert shown == ([("reads-tests", "look")] if found else [])
