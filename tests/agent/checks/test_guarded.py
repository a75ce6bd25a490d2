"""Which files of a patch decide what its checks mean."""

import pytest

from aideator_agent.checks.guarded import is_setting, is_test, named_in


@pytest.mark.parametrize(
    "path",
    [
        "tests/unit/a.py", "test/x.js", "src/__tests__/a.ts", "spec/models/user_spec.rb", "test_a.py",
        "pkg/conftest.py", "a_test.go", "src/app.test.tsx", "src/UserTest.java", "src/UserTests.cs",
        "polls/tests.py", "test.py", "src/tests.rs", "e2e/login.ts", "login.cy.ts", "pkg/testdata/golden.txt",
        "src/__snapshots__/a.snap", "src/__mocks__/fs.js", "unit_tests/helper.py", "App.Tests/Helper.cs", "TestUser.java",
        "UserSpec.scala", "features/a.feature", "tests", "a/spec",
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
        "gradlew", ".npmrc", "phpunit.xml.dist", "phpunit.dist.xml", "setup.py", "manage.py", ".yarnrc.yml", ".babelrc",
        "evil.egg-info/entry_points.txt", "a/evil.dist-info/METADATA", "gradle/wrapper/gradle-wrapper.properties",
        "composer.json",
    ],
)  # fmt: skip
def test_settings(path: str) -> None:
    assert is_setting(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/calc.py", "README.md", "latest/a.py", "src/contest.py", "greatest.js", "go.mod", "requirements.txt",
        "src/pytest/plugin.py", "docs/Makefile.md", "src/package.json.py", "attest.c", "src/protest/march.py",
        ".github/CODEOWNERS", "path/file.pthx", "src/testing.py", "contests/a.py", "src/RunSpec.java", "src/Testament.py",
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
        "gcc -c calc.c && node -c calc.js && test -f calc.py",
        "karma start -c conf/karma.conf.js",
        "sh bin/grade && source ./env && mypy . a.py",
        "unbalanced 'quote ./ci/lint",
    ]
    found = named_in(commands)
    assert found >= {
        "run_tests.sh", "scripts/verify.sh", "conf/py.ini", "jest/unit.js", "tools/check_style.py", "ci/lint",
        "conf/karma.conf.js", "bin/grade", "env",
    }  # fmt: skip
    assert not found & {"main.py", "data.txt", "pytest", "python3", "calc.c", "calc.js", "calc.py", "a.py"}
    assert is_setting("conf/py.ini", found)
    assert not is_setting("conf/py.ini")


@pytest.mark.parametrize(
    "command",
    [
        "sh check.sh; true", "(sh check.sh)", "./check.sh&&echo ok", "bash -c 'sh ./check.sh || exit 1'", "sh <check.sh",
        "cd backend && sh check.sh", "cd docs; ../check.sh", '"$PWD/check.sh"', "$(pwd)/check.sh", "bash -ec './check.sh;true'",
    ],
)  # fmt: skip
def test_a_script_is_named_however_the_shell_comes_to_it(command: str) -> None:
    named = named_in([command])
    assert is_setting("check.sh", named)
    assert is_setting("backend/check.sh", named)
    assert not is_setting("backend/recheck.sh", named)
