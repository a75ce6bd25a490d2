"""`replay`: a stored run in any view, or into a recording."""

from pathlib import Path

from aideator_cli.actions.attending import standing
from aideator_cli.actions.here import Here
from aideator_cli.actions.replaying import computed, find_stored, playing
from aideator_cli.actions.teams.knowing import meant
from aideator_cli.actions.teams.replaying import find_stored_team
from aideator_cli.cli import invocation, teamed, terminal
from aideator_cli.cli.acting import actions_on_past
from aideator_cli.cli.invocation import command
from aideator_cli.cli.manner import Manner
from aideator_cli.cli.showing import conclude
from aideator_cli.cli.viewing import check_name, chosen_view
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import usage
from aideator_cli.stream.pacing import Computed, Pace, Playing
from aideator_cli.system.output_file import output_file
from aideator_cli.text.figures import duration
from aideator_cli.views.actions import Actions
from aideator_cli.views.look import USUAL, Look


def play(word: str, pace: Pace, view: str | None, look: Look = USUAL) -> int:
    """On the terminal; then the table."""
    here = invocation.here()
    if (team := meant(here, word)) is not None:
        return _play_team(here, team, pace, view, look)
    found = find_stored(here, word)
    spec, clock = found.spec, Playing(found.spec.created)
    show = chosen_view(view, actions_on_past(here, spec), clock.now, look)
    with playing(here, found, pace, clock) as batches:
        show(spec, batches)
    ended = standing(here, spec)
    conclude(ended, Manner(view=view, look=look))
    if not all(result.ended for result in ended.results):
        terminal.say(f"{spec.id} is still at work; this is what has been stored so far.  {command('watch', spec.id)}")
    return 0


def _play_team(here: Here, team: TeamRun, pace: Pace, view: str | None, look: Look) -> int:
    found = find_stored_team(here, team)
    clock = Playing(team.created)
    show = chosen_view(view, Actions(leaving=""), clock.now, look)
    with playing(here, found, pace, clock) as batches:
        show(found.spec, batches)
    teamed.conclude(here, team.id, Manner(view=view, look=look))
    return 0


def record(word: str, pace: Pace, view: str | None, file: Path, *, force: bool) -> int:
    """Into an asciinema recording, without waiting: its times are computed."""
    if view == "panes":
        raise usage(
            "--cast can't record panes, only lines or live",
            hint=f"--view live, or asciinema rec -c '{command('replay', word)}'",
        )
    check_name(view)
    here = invocation.here()
    team = meant(here, word)
    found = find_stored(here, word) if team is None else find_stored_team(here, team)
    spec, time = found.spec, Computed()
    from aideator_cli.views.cast import Cast

    with output_file(file, force=force) as out:
        size = terminal.size()
        cast = Cast(out, spec, size, lambda: time.seconds)
        screen = terminal.screen(cast, size)
        batches = computed(here, found, pace, time)
        if view == "live":
            from aideator_cli.views.live import record_live

            record_live(screen, spec, batches, lambda: time.seconds)
        else:
            from aideator_cli.views.text.lines import show_lines

            show_lines(screen, spec, batches)
        cast.flush()
    terminal.say(f"recorded {word} to {file}: {duration(time.seconds)}.  asciinema play {file}")
    return 0
