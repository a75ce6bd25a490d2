"""What test runners say at their end. The texts are as the runners write them."""

import pytest

from aideator_agent.checks.counting import Counting
from aideator_agent.checks.report import Report

SAID = {
    "pytest -q": ("....\n4 passed in 0.01s\n", (4, 0)),
    "pytest": ("FAILED tests/test_a.py::test_x - assert 1 == 2\n= 1 failed, 39 passed, 2 skipped, 1 error in 2s =\n", (41, 2)),
    "pytest in colours": ("\x1b[32m= \x1b[1m1 passed\x1b[0m, \x1b[33m1 warning\x1b[0m\x1b[32m in 0.01s\x1b[0m =\n", (1, 0)),
    "pytest twice": ("1 failed in 0.01s\n1 passed in 0.01s\n", (2, 1)),
    "pytest without a test": ("no tests ran in 0.00s\n", None),
    "unittest": ("FAIL: test_a (t.T.test_a)\n----\nRan 5 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1)\n", (4, 2)),
    "unittest, expected": ("Ran 5 tests in 0.001s\n\nOK (skipped=1, expected failures=2)\n", (4, 0)),
    "unittest, all well": ("Ran 5 tests in 0.001s\n\nOK\n", (5, 0)),
    "go test": ("ok  \tx/y\t0.003s\n?   \tx/cmd\t[no test files]\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tx/z\t0.004s\nFAIL\n", (2, 1)),
    "go test, kept": ("ok  \tx/y\t(cached)\nok  \tx/z\t0.1s\tcoverage: 80.0% of statements\n", (2, 0)),
    "go test -v": ("--- PASS: TestA (0.00s)\n    --- PASS: TestA/sub (0.00s)\n--- SKIP: TestB (0.00s)\nPASS\nok  \tx\t0.01s\n", (2, 0)),
    "cargo test": ("test a::b ... FAILED\ntest result: FAILED. 5 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out\n", (6, 1)),
    "jest": ("Tests:       1 failed, 2 skipped, 5 passed, 8 total\n", (6, 1)),
    "vitest": ("\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[31m1 failed\x1b[39m\x1b[22m\x1b[2m | \x1b[22m5 passed | 1 skipped (7)\n", (6, 1)),
    "mocha": ("  5 passing (10ms)\n  2 pending\n  1 failing\n\n  1) adds\n", (6, 1)),
    "node --test": ("\u2139 tests 3\n\u2139 suites 0\n\u2139 pass 1\n\u2139 fail 1\n\u2139 skipped 1\n", (2, 1)),
    "node --test, TAP": ("TAP version 13\nok 1 - a\nnot ok 2 - b\n# tests 2\n# pass 1\n# fail 1\n", (2, 1)),
    "rspec": ("rspec ./spec/a_spec.rb:3 # adds\n5 examples, 1 failure, 2 pending\n", (3, 1)),
    "phpunit": ("Tests: 5, Assertions: 7, Errors: 1, Failures: 2, Skipped: 1.\n", (4, 3)),
    "phpunit, all well": ("OK (5 tests, 7 assertions)\n", (5, 0)),
    "gradle": ("5 tests completed, 1 failed, 1 skipped\n", (4, 1)),
    "maven": (
        "[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in A\n"
        "[WARNING] Tests run: 5, Failures: 0, Errors: 1, Skipped: 1\n", (4, 1),
    ),
    "dotnet": ("Passed!  - Failed:     0, Passed:     5, Skipped:     1, Total:     6, Duration: 10 ms - x.dll (net8.0)\n", (5, 0)),
    "bats": ("1..3\nok 1 adds\nnot ok 2 subtracts\nok 3 divides # skip why\n", (2, 1)),
    "two runners": ("3 passed in 0.1s\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n", (5, 0)),
    "prose": ("3 passed by and 4 failed in the end\nok then\nRan 3 miles\n", None),
}  # fmt: skip


@pytest.mark.parametrize("runner", SAID)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_runners_last_words_are_counted_however_they_arrive(runner: str, size: int) -> None:
    text, expected = SAID[runner]
    counting, data = Counting(), text.encode()
    for at in range(0, len(data), size):
        counting.take(data[at : at + size])
    found = counting.found()
    assert (None if found is None else (found.tests, found.failed)) == expected


def test_failed_tests_are_named() -> None:
    names = {}
    for runner, (text, _) in SAID.items():
        counting = Counting()
        counting.take(text.encode())
        if found := counting.found():
            names[runner] = found.failing
    assert names["pytest"] == ("tests/test_a.py::test_x",)
    assert names["unittest"] == ("test_a (t.T.test_a)",)
    assert names["go test"] == ("TestA",)
    assert names["cargo test"] == ("a::b",)
    assert names["rspec"] == ("./spec/a_spec.rb:3",)
    assert names["bats"] == ("subtracts",)


def test_pytests_own_report_is_taken_for_its_line_if_it_ran_once() -> None:
    reported = Report(3, ("a",), 1, ("b",))
    once, twice = Counting(), Counting()
    once.take(b"9 passed in 0.1s\nok 1\n")
    twice.take(b"2 passed in 0.1s\n1 passed in 0.1s\n")
    assert once.found(reported) == Report(4, ("a",), 1, ("b",))
    assert (found := twice.found(reported)) is not None
    assert (found.tests, found.failed) == (3, 0)


def test_a_line_without_end_takes_no_memory() -> None:
    counting = Counting()
    for _ in range(2000):
        counting.take(b"1" * 1000)
    assert len(counting._rest) < 2000
    counting.take(b"\n3 passed in 0.1s")
    assert (found := counting.found()) is not None
    assert found.tests == 3
