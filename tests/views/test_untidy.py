"""`compare` says how many files a patch should not have, and what leaves them out."""

from aideator_agent.signals.finding import Signal
from aideator_cli.choice.comparison import Comparison, candidates
from aideator_cli.domain.result import Result
from aideator_cli.views.text.comparison import untidy


def test_untidy_files_are_counted_for_each_variation() -> None:
    found = [Signal("untidy", "note", path, None, "left behind") for path in ("a.log", "core")]
    one = Result(1, "gpt-5", outcome="succeeded", files=3, signals=(*found, Signal("mode", "note", "run.sh", None, "")))
    two = Result(2, "gpt-5", outcome="succeeded", files=1, signals=(found[0],))
    order = tuple(candidates([one, two, Result(3, "gpt-5")], []))
    assert untidy(Comparison((), order, (), (), (0, 0))) == [
        "1: 2 files that do not belong into a repository; apply --tidy leaves them out",
        "2: 1 file that does not belong into a repository; apply --tidy leaves it out",
    ]
