"""`run`: one prompt, N agents."""

from aideator_cli.commands import options, run_options


def run(
    repo: run_options.Repo,
    prompt: run_options.Prompt = None,
    n: run_options.Count = None,
    model: run_options.Model = None,
    matrix: run_options.Matrix = None,
    yes: run_options.Yes = False,
    temperature: run_options.Temperature = None,
    api_base: run_options.ApiBase = None,
    ref: run_options.Ref = None,
    backend: run_options.Backend = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    image: run_options.Image = None,
    agent_image: run_options.AgentImage = None,
    secret: run_options.Secret = None,
    timeout: run_options.Timeout = "30m",
    start_timeout: run_options.StartTimeout = "10m",
    max_steps: run_options.MaxSteps = 100,
    max_cost: run_options.MaxCost = None,
    budget: run_options.Budget = None,
    allow_local_shell: run_options.AllowLocalShell = False,
    first: run_options.First = None,
    retries: run_options.Retries = None,
    verify: run_options.Verify = None,
    setup: run_options.Setup = None,
    no_baseline: run_options.NoBaseline = False,
    verify_repeat: run_options.VerifyRepeat = 1,
    verify_timeout: run_options.VerifyTimeout = "10m",
    verify_report: run_options.VerifyReport = None,
    select: run_options.Select = None,
    apply: run_options.Apply = False,
    branch: run_options.Branch = None,
    folder: options.Folder = None,
    on_interrupt: run_options.OnInterrupt = "leave",
    detach: run_options.Detach = False,
    dry_run: run_options.DryRun = False,
    view: options.View = None,
    json: options.Json = False,
) -> int:
    """Give one prompt to N agents and show their work live."""
    from aideator_cli.backends import Wish
    from aideator_cli.choice.taking import taking
    from aideator_cli.durations import seconds
    from aideator_cli.errors import usage
    from aideator_cli.intake.order import Request
    from aideator_cli.running import Manner, dry, start

    request = Request(
        repo, prompt, n=n, models=model or (), temperature=temperature, api_base=api_base, ref=ref, image=image, agent_image=agent_image,
        secret=secret, timeout=seconds("--timeout", timeout), start_timeout=seconds("--start-timeout", start_timeout), max_steps=max_steps,
        max_cost=max_cost, budget=budget, first=first, retries=retries, verify=verify or (), setup=setup or (), baseline=not no_baseline,
        verify_repeat=verify_repeat, verify_report=verify_report, matrix=matrix, yes=yes,
        verify_timeout=seconds("--verify-timeout", verify_timeout), allow_local_shell=allow_local_shell,
    )  # fmt: skip
    wish = Wish(backend, context, namespace)
    if on_interrupt not in ("leave", "cancel"):
        raise usage(f"--on-interrupt takes leave or cancel, not {on_interrupt}")
    taken = taking(select, apply=apply, branch=branch, folder=folder, detach=detach)
    manner = Manner(detach=detach, json=json, view=view, cancels=on_interrupt == "cancel", taking=taken)
    return dry(request, wish) if dry_run else start(request, wish, manner)
