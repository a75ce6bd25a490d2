import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.text.quantities import byte_count


@pytest.mark.parametrize(
    ("text", "count"),
    [("2048", 2048), ("512Ki", 524_288), ("20 MiB", 20_971_520), ("20MB", 20_000_000), ("1.5k", 1500), ("1G", 10**9)],
)
def test_a_size_is_typed_as_people_write_it(text: str, count: int) -> None:
    assert byte_count("--max-file", text) == count


@pytest.mark.parametrize("text", ["", "ten", "-1", "10 000", "5X"])
def test_what_is_no_size_names_the_option(text: str) -> None:
    with pytest.raises(AideatorError, match="--max-file takes a size such as"):
        byte_count("--max-file", text)
