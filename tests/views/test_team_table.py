"""The table of a team's steps, on terminals of several widths."""

import io

from aideator_cli.domain.handing import StepState, TeamState, Told
from aideator_cli.domain.teams import Asked, Step, Team, TeamRun
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.teams import list_teams, show_team

BEGAN = "2026-01-31T12:00:00Z"
FAILING = f"its tests fail: {'test_that_has_a_long_name ' * 4}end"


def shown(width: int, *, is_terminal: bool = True) -> list[str]:
    step = Step("k3v9x2q", "build+merge", "b7k2m4x", BEGAN)
    state = StepState(step, "ended", ("backend",), 2, ("lvnk15b/1", "v22mevv/1"), 9.0, 0.21, Told(None, FAILING))
    run = TeamRun("k3v9x2q", BEGAN, Team("two", "two.yaml", ()), "Write both.", Asked())
    out = io.StringIO()
    show_team(Screen(out, width=width, is_terminal=is_terminal), TeamState(run, (state,)))
    return out.getvalue().splitlines()


def test_a_wide_terminal_and_a_pipe_get_all_of_it() -> None:
    for lines in (shown(220), shown(80, is_terminal=False)):
        assert "from" in lines[0]
        assert lines[1].endswith("end")


def test_words_are_cut_where_the_terminal_ends() -> None:
    title, row, *_ = shown(110)
    assert "from" in title
    assert row.endswith("…")
    assert len(row) == 110


def test_a_narrow_terminal_has_no_room_for_what_each_began_with() -> None:
    title, row, *_ = shown(80)
    assert "from" not in title
    assert "its tests fail" in row
    assert len(row) == 80


def test_a_list_of_teams_with_long_names_ends_where_the_terminal_does() -> None:
    team = Team("migrate-the-billing-service", "two.yaml", ())
    runs = [TeamRun("k3v9x2q", BEGAN, team, "Write both. " * 20, Asked(), state="succeeded", result="lvnk15b/1")]
    out = io.StringIO()
    list_teams(Screen(out, width=100, is_terminal=True), runs)
    row = out.getvalue().splitlines()[1]
    assert row.endswith("…")
    assert len(row) == 100
