"""What all agents of a run did so far, and what concerns the whole of it."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.domain.events import Closed, Ended, Event, Item, Joined, Observation, Opened
from aideator_cli.domain.result import Result, with_baseline
from aideator_cli.stream.sieve import variation_of
from aideator_cli.text.clean import one_line
from aideator_cli.views.course.story import CHARACTERS, ENTRIES
from aideator_cli.views.course.transcript import Transcript


class Transcripts:
    """All variations of a run, by number, and what concerns the whole of it."""

    def __init__(self, spec: RunSpec, *, entries: int = ENTRIES, characters: int = CHARACTERS) -> None:
        self.spec = spec
        self._kept = (entries, characters)
        self.each = {v.number: Transcript(v, entries, characters) for v in spec.variations}
        self.lost = ""  # why nothing can be seen of the backend at the moment; empty: it can
        self.remarks: deque[str] = deque(maxlen=100)  # what was seen of the whole run, cleaned
        self.remarked = 0  # how many there were
        self.version = 0

    def __getitem__(self, number: int) -> Transcript:
        return self.each[number]

    def __iter__(self) -> Iterator[Transcript]:
        return iter(self.each.values())

    @property
    def results(self) -> list[Result]:
        return with_baseline(transcript.result for transcript in self.each.values())

    @property
    def named_results(self) -> list[Result]:
        """Returns the results as a table shows them: an agent of a team is called by its step."""
        if self.spec.team is None:
            return self.results
        names = {each.number: each.prompt_name or each.model for each in self.spec.variations}
        return [replace(result, model=names[result.variation], agent=None) for result in self.results]

    @property
    def cost(self) -> float | None:
        """USD; None: the price of some part is unknown."""
        costs = [transcript.result.cost for transcript in self.each.values()]
        return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)

    @property
    def tokens(self) -> int | None:
        """None: of some part nobody counted them."""
        counts = [transcript.tokens for transcript in self.each.values()]
        return None if any(count is None for count in counts) else sum(count or 0 for count in counts)

    @property
    def ended(self) -> bool:
        return all(transcript.state == "ended" for transcript in self.each.values())

    def add(self, item: Item) -> None:
        self.version += 1
        if isinstance(item, Joined):
            self._join(item.variations)
        elif isinstance(item, Observation) and item.variation is None:
            self._observe(item)
        elif transcript := self.each.get(variation_of(item) or 0):
            _give(transcript, item)

    def read(self, batches: Iterable[Iterable[Item]]) -> None:
        for batch in batches:
            for item in batch:
                self.add(item)

    def settle(self, results: Iterable[Result]) -> None:
        """The last results, as the store has them."""
        self.version += 1
        for result in results:
            if result.variation in self.each:
                self.each[result.variation].settle(replace(result, patch=None))

    def _join(self, variations: tuple[VariationSpec, ...]) -> None:
        new = tuple(each for each in variations if each.number not in self.each)
        self.spec = replace(self.spec, variations=(*self.spec.variations, *new))
        self.each |= {each.number: Transcript(each, *self._kept) for each in new}

    def _observe(self, seen: Observation) -> None:
        text = one_line(seen.text)
        self.remarks.append(text)
        self.remarked += 1
        if seen.kind in ("connection_lost", "connection_back"):
            self.lost = (text or "connection lost") if seen.kind == "connection_lost" else ""


def _give(transcript: Transcript, item: Item) -> None:
    if isinstance(item, Event):
        transcript.event(item)
    elif isinstance(item, Observation):
        transcript.observe(item)
    elif isinstance(item, Closed):
        transcript.close(item)
    elif isinstance(item, Ended):
        transcript.give_up(item)
    elif isinstance(item, Opened):
        transcript.begin(item.attempt.id)
