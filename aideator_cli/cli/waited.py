"""What `wait` says of the runs and teams at the end of the wait."""

from aideator_cli.actions.here import Here
from aideator_cli.actions.waiting import Waited
from aideator_cli.cli import teamed, terminal
from aideator_cli.text.clean import one_line


def tell_waited(here: Here, waited: Waited, *, json: bool) -> None:
    from aideator_cli.views.json_lines import show_results

    for name, each in waited.standing.items():
        if not isinstance(each, list):
            if json:
                teamed.tell(here, each, json=True)
            else:
                why = f": {each.result or one_line(each.reason)}" if each.ended else ""
                terminal.screen().line(f"{name}  {each.state_in_words}{why}")
        elif json:
            show_results(terminal.screen(), each, name)
        else:
            left = sum(not result.ended for result in each)
            succeeded = f"{sum(result.succeeded for result in each)} of {len(each)} succeeded"
            terminal.screen().line(f"{name}  {succeeded}{f', {left} at work' if left else ''}")
