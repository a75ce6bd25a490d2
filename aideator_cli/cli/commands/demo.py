"""`demo`: the main job with no key and, unless asked for, no cluster."""

from aideator_cli.cli.commands import options, run_options


def demo(
    backend: run_options.DemoBackend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    agent_image: run_options.AgentImage = None,
) -> int:
    """Watch three scripted agents work, with no API key and no cluster.

    With --backend kubernetes, or one of the options of a cluster, they work in pods.
    """
    from aideator_cli.actions.demo import plan_demo
    from aideator_cli.actions.demo_material import CHECK, DEMO_PROMPT
    from aideator_cli.actions.starting import start
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.invocation import command
    from aideator_cli.cli.showing import show
    from aideator_cli.intake.request import Where

    here = invocation.here()
    usual = "kubernetes" if context or namespace or agent_image else "local"
    planned = plan_demo(here, Where(backend or usual, context, namespace), agent_image)
    terminal.say(
        f"Starting three scripted agents on {planned.backend.where}. They need no model; everything else works as in any run."
    )
    terminal.say(f"repository: {planned.spec.repository.url}")
    terminal.say(f"prompt:     {DEMO_PROMPT}")
    terminal.say(f"check:      {CHECK}")
    start(here, planned)
    code = show(here, planned.spec, planned.backend)
    terminal.say(f"To start a real run: {command('run')} REPO PROMPT -n 3 --model NAME")
    return code
