"""What `wait` tells of a team."""

from dataclasses import replace
from typing import cast

import pytest

from aideator_cli.actions.here import Here
from aideator_cli.actions.waiting import Waited
from aideator_cli.cli.waited import tell_waited
from aideator_cli.domain.teams import Team, TeamRun
from aideator_cli.errors import ExitCode


def test_each_team_is_one_line_whatever_its_reviewer_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    begun = TeamRun("t1234ab", "2026-01-01T00:00:00Z", Team("two", "two.yaml", ()), "")
    team = replace(begun, state="failed", reason="review: no\nt9 succeeded", ended="2026-01-01T00:10:00Z")
    tell_waited(cast(Here, None), Waited({team.id: team}, ExitCode.FAILED), json=False)
    assert capsys.readouterr().out == "t1234ab  failed: review: no t9 succeeded\n"
