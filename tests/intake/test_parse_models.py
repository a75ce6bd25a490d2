"""`--model` and `-n`: who gets which model."""

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.models import is_known, parse_models


@pytest.mark.parametrize(
    ("values", "n", "models"),
    [
        (["a"], None, ["a", "a", "a"]),
        (["a"], 1, ["a"]),
        (["a,b"], None, ["a", "b"]),
        (["a", "b"], 5, ["a", "b", "a", "b", "a"]),
        (["a,b,c,d"], None, ["a", "b", "c", "d"]),
        (["a:2,b:1"], None, ["a", "a", "b"]),
        (["a:2", "b"], None, ["a", "a", "b"]),
        (["a:2"], 2, ["a", "a"]),
        (["a:20"], None, ["a"] * 20),
        ([" a:1 , b:1 "], None, ["a", "b"]),
        (
            ["scripted/dir/right.yaml:2,scripted/wrong.yaml"],
            None,
            ["scripted/dir/right.yaml"] * 2 + ["scripted/wrong.yaml"],
        ),
        (["ollama/llama3:8"], 1, ["ollama/llama3:8"]),
        (["ollama/llama3:8:2"], None, ["ollama/llama3:8"] * 2),
        (["ollama/llama3:8b"], 1, ["ollama/llama3:8b"]),
        (["anthropic.claude-sonnet-4-5-20250929-v1:0"], 1, ["anthropic.claude-sonnet-4-5-20250929-v1:0"]),
        (["anthropic.claude-sonnet-4-5-20250929-v1:0:2"], None, ["anthropic.claude-sonnet-4-5-20250929-v1:0"] * 2),
        (["bedrock/eu.vendor.of-tomorrow-v3:1"], 1, ["bedrock/eu.vendor.of-tomorrow-v3:1"]),
        (["claude-sonnet-4-5:2"], None, ["claude-sonnet-4-5"] * 2),
    ],
)
def test_each_variation_gets_a_model(values: list[str], n: int | None, models: list[str]) -> None:
    assert parse_models(values, n=n) == models


def test_a_number_after_the_colon_is_no_count_when_the_whole_is_a_known_model() -> None:
    assert parse_models(["m:2"], n=1, known=lambda name: name == "m:2") == ["m:2"]
    assert parse_models(["m:2:3"], n=None, known=lambda name: name == "m:2") == ["m:2"] * 3


def test_the_users_own_table_knows_models_too() -> None:
    assert not is_known("our:3")
    assert is_known("our:3", {"our:3": object()})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("values", "n", "said"),
    [
        (["a"], 0, "-n takes 1 to 20, not 0"),
        (["a"], 21, "-n takes 1 to 20, not 21"),
        (["a"], -1, "-n takes 1 to 20, not -1"),
        (["a:21"], None, "-n takes 1 to 20; the counts in --model add up to 21"),
        (["a:999999"], None, "add up to 999999"),
        (["a:12,b:9"], None, "add up to 21"),
        (["a:2,b:1"], 4, "-n 4 conflicts with the counts in --model, which add up to 3"),
        (["a:0"], None, "must be 1 to 20"),
        (["a:9999999999999999"], None, "must be 1 to 20"),
        ([":2"], None, "the count after the colon"),
        (["a,,b"], None, "contains an empty name"),
        ([""], None, "contains an empty name"),
        (["a,b,c"], 2, "3 models can't share 2 variations"),
        ([",".join("abcdefghijklmnopqrstuvw")], None, "23 models can't share 20"),
        (["scripted/one,two.yaml"], None, "file name can't contain a comma: scripted/one,two.yaml"),
        ([], None, "no model is given"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(values: list[str], n: int | None, said: str) -> None:
    with pytest.raises(AideatorError, match=said) as caught:
        parse_models(values, n=n)
    assert caught.value.code is ExitCode.USAGE
