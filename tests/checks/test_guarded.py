"""Which files of a patch decide what its checks mean."""

import pytest

from aideator_agent.checks.guarded import is_setting, is_test, named_in


@pytest.mark.parametrize(
    "path",
    [
        "tests/unit/a.py", "test/x.js", "src/__tests__/a.ts", "spec/models/user_spec.rb", "test_a.py",
        "pkg/conftest.py", "a_test.go", "src/app.test.tsx", "src/UserTest.java", "src/UserTests.cs",
    ],
)  # fmt: skip
def test_tests(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path",
    [
        "pytest.ini", "pyproject.toml", "a/setup.cfg", "tox.ini", "noxfile.py", ".coveragerc", "sitecustomize.py",
        "src/usercustomize.py", "lib/evil.pth", "Makefile", "sub/GNUmakefile", "rules.mk", "package.json",
        "jest.config.ts", "vitest.config.mts", "vite.config.js", "karma.conf.js", ".mocharc.yml", "tsconfig.json",
        "tsconfig.build.json", "Cargo.toml", ".cargo/config.toml", "build.gradle", "build.gradle.kts",
        "settings.gradle", "pom.xml", ".github/workflows/ci.yml", ".github/actions/x/action.yml", "unittest.py",
        "pytest/__init__.py", "_pytest/main.py", "mypy.ini", "ruff.toml", ".eslintrc.json", "eslint.config.mjs",
        "gradlew", ".npmrc", "phpunit.xml.dist",
    ],
)  # fmt: skip
def test_settings(path: str) -> None:
    assert is_setting(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/calc.py", "README.md", "latest/a.py", "src/contest.py", "greatest.js", "go.mod", "requirements.txt",
        "src/pytest/plugin.py", "docs/Makefile.md", "src/package.json.py", "attest.c", "src/protest/march.py",
        ".github/CODEOWNERS", "path/file.pthx",
    ],
)  # fmt: skip
def test_other_files(path: str) -> None:
    assert not is_setting(path)
    assert not is_test(path)


def test_what_a_command_names() -> None:
    commands = [
        "./run_tests.sh && bash scripts/verify.sh",
        "pytest -c conf/py.ini --rootdir=. tests",
        "npx jest --config=jest/unit.js",
        "python3 tools/check_style.py",
        "python3 main.py --input data.txt",
        "unbalanced 'quote ./ci/lint",
    ]
    found = named_in(commands)
    assert found >= {
        "run_tests.sh", "scripts/verify.sh", "conf/py.ini", "jest/unit.js", "tools/check_style.py", "ci/lint",
    }  # fmt: skip
    assert not found & {"main.py", "data.txt", "pytest", "python3"}
    assert is_setting("conf/py.ini", found)
    assert not is_setting("conf/py.ini")
