"""What is drawn anew is drawn so that a terminal keeps what stands beside it."""

import pytest
from textual.geometry import Region

from aideator_cli.views.panes.painter import Painter, Picture
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import Agent, spec


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_wide_character_beside_what_goes_away_stays_whole(width: int) -> None:
    stream, agent = Stream(), Agent(1)
    stream.put(*agent.start(), *agent.turn("漢字" * 12))

    async def scene(person: Person) -> None:
        await person.sees("漢字" * 12)
        line = next(y for y, text in enumerate(person.screen.splitlines()) if "漢字" in text)
        painter = person.app.screen._compositor
        assert isinstance(painter, Painter)
        for left in range(10, 40):
            painter._dirty_regions.add(Region(left, line, width, 1))
            picture = painter.render_partial_update()
            assert isinstance(picture, Picture)
            [piece] = picture.pieces
            assert set(piece.strip.text) <= {"漢", "字"}
            assert piece.x <= left
            assert left + width <= piece.x + piece.strip.cell_length <= left + width + 1

    watched(spec(1), stream, scene)
