"""What `wait` says of the runs and teams at the end of the wait."""

from aideator_cli.actions.here import Here
from aideator_cli.actions.waiting import Waited
from aideator_cli.cli import teamed, terminal


def tell_waited(here: Here, waited: Waited, *, json: bool) -> None:
    from aideator_cli.views.json_lines import show_results

    for name, each in waited.standing.items():
        if not isinstance(each, list):
            if json:
                teamed.tell(here, each, json=True)
            else:
                state = "at work" if each.state == "running" else each.state
                terminal.screen().line(f"{name}  {state}{f': {each.result or each.reason}' if each.ended else ''}")
        elif json:
            show_results(terminal.screen(), each, name)
        else:
            left = sum(not result.ended for result in each)
            succeeded = f"{sum(result.succeeded for result in each)} of {len(each)} succeeded"
            terminal.screen().line(f"{name}  {succeeded}{f', {left} at work' if left else ''}")
