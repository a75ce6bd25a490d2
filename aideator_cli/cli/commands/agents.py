"""`agents`: the coding agents that runs can use."""

from aideator_cli.cli.commands import options


def agents(json: options.Json = False) -> int:
    """List the coding agents that runs can use, and which are here."""
    from aideator_cli.actions.agents import agents as known
    from aideator_cli.cli import invocation, terminal

    found = known(invocation.here())
    if json:
        for agent in found:
            terminal.write_json({"kind": "agent", **agent.as_json()})
        return 0
    from aideator_cli.views.text.agents import show_agents

    show_agents(terminal.screen(), found)
    return 0
