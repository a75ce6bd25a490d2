"""`run`: one prompt, N agents."""

from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

from aideator_cli.cli.commands import (
    agent_options,
    briefing_options,
    options,
    pod_options,
    queue_options,
    repository_options,
    run_options,
)

if TYPE_CHECKING:
    from pathlib import Path

    from aideator_cli.actions.pushing import Pushing
    from aideator_cli.cli.call import Call


def called(
    repo: run_options.Repo = None,
    prompt: run_options.Prompt = None,
    issue: run_options.Issue = None,
    n: run_options.Count = None,
    agent: agent_options.Agent = None,
    agent_command: agent_options.AgentCommand = None,
    agent_home: agent_options.AgentHome = False,
    model: run_options.Model = None,
    escalate: run_options.Escalate = None,
    private: run_options.Private = False,
    matrix: run_options.Matrix = None,
    team: run_options.Team = None,
    yes: run_options.Yes = False,
    profile: options.Profile = None,  # noqa: ARG001 -- with the next one read before the options are filled in
    no_repository_file: run_options.NoRepositoryFile = False,  # noqa: ARG001
    role: briefing_options.Role = None,
    temperature: run_options.Temperature = None,
    api_base: run_options.ApiBase = None,
    var: briefing_options.Var = None,
    var_file: briefing_options.VarFile = None,
    mcp: briefing_options.Mcp = None,
    search: briefing_options.Search = "own",
    no_memory: briefing_options.NoMemory = False,
    ref: run_options.Ref = None,
    answer: run_options.Answer = False,
    diff: run_options.Diff = None,
    withhold_secrets: run_options.WithholdSecrets = False,
    dirty: run_options.Dirty = False,
    carry: run_options.Carry = None,
    subdir: repository_options.Subdir = None,
    depth: repository_options.Depth = None,
    sparse: repository_options.Sparse = None,
    no_submodules: repository_options.NoSubmodules = False,
    git_secret: repository_options.GitSecret = None,
    backend: run_options.Backend = None,
    server: options.Server = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    image: run_options.Image = None,
    agent_image: run_options.AgentImage = None,
    secret: run_options.Secret = None,
    cpu: pod_options.Cpu = None,
    memory: pod_options.Memory = None,
    disk: pod_options.Disk = None,
    check_cpu: pod_options.CheckCpu = None,
    check_memory: pod_options.CheckMemory = None,
    check_disk: pod_options.CheckDisk = None,
    node_selector: pod_options.NodeSelector = None,
    toleration: pod_options.Tolerations = None,
    priority_class: pod_options.PriorityClass = None,
    runtime_class: pod_options.RuntimeClass = None,
    service_account: pod_options.ServiceAccount = None,
    image_pull_secret: pod_options.ImagePullSecret = None,
    run_as: pod_options.RunAs = None,
    pod_patch: pod_options.PodPatch = None,
    label: pod_options.Label = None,
    annotation: pod_options.Annotation = None,
    env: run_options.Env = None,
    env_from: pod_options.EnvFrom = None,
    ca: run_options.Ca = None,
    timeout: run_options.Timeout = "30m",
    start_timeout: run_options.StartTimeout = "10m",
    max_steps: run_options.MaxSteps = 100,
    max_tokens: run_options.MaxTokens = None,
    max_output: run_options.MaxOutput = None,
    context_window: run_options.ContextWindow = None,
    command_timeout: run_options.CommandTimeout = "5m",
    max_cost: run_options.MaxCost = None,
    budget: run_options.Budget = None,
    max_file: run_options.MaxFile = "10Mi",
    allow_local_shell: run_options.AllowLocalShell = False,
    queue: queue_options.Queue = None,
    queue_priority: queue_options.QueuePriority = None,
    max_parallel: queue_options.MaxParallel = None,
    first: run_options.First = None,
    retries: run_options.Retries = None,
    verify: run_options.Verify = None,
    setup: run_options.Setup = None,
    no_baseline: run_options.NoBaseline = False,
    hidden: run_options.Hidden = None,
    hidden_verify: run_options.HiddenVerify = None,
    allow_change: run_options.AllowChange = None,
    no_signals: run_options.NoSignals = False,
    verify_repeat: run_options.VerifyRepeat = 1,
    verify_timeout: run_options.VerifyTimeout = "10m",
    verify_report: run_options.VerifyReport = None,
    select: run_options.Select = None,
    cross_tests: run_options.CrossTests = None,
    apply: run_options.Apply = False,
    branch: run_options.Branch = None,
    push: repository_options.Push = None,
    folder: options.Folder = None,
    on_interrupt: run_options.OnInterrupt = "leave",
    notify: options.Notify = None,
    detach: run_options.Detach = False,
    dry_run: run_options.DryRun = False,
    estimate: run_options.Estimated = False,
    view: options.View = None,
    plain: options.Plain = False,
    no_mouse: options.NoMouse = False,
    json: options.Json = False,
) -> "Call":
    """Returns what the command line asks for. Its parameters are the options of `run`."""
    from aideator_cli.actions.taking import taking
    from aideator_cli.cli import invocation
    from aideator_cli.cli.call import Call
    from aideator_cli.cli.issued import named
    from aideator_cli.cli.manner import cancels
    from aideator_cli.cli.prompt import read_prompt
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.viewing import look
    from aideator_cli.intake.request import (
        Agents,
        Bounds,
        Briefing,
        Checking,
        Cloning,
        Identity,
        Placing,
        Pod,
        Question,
        Request,
        Sending,
        Shares,
        Surroundings,
        Where,
    )
    from aideator_cli.text.durations import seconds
    from aideator_cli.text.quantities import byte_count

    if hidden or hidden_verify:
        from aideator_cli.system.command_line import conceal

        conceal()
    bounds = Bounds(
        timeout=seconds("--timeout", timeout), start_timeout=seconds("--start-timeout", start_timeout), max_steps=max_steps,
        max_tokens=max_tokens, max_output=max_output, context_window=context_window,
        command_timeout=seconds("--command-timeout", command_timeout), max_cost=max_cost, budget=budget,
        max_file=byte_count("--max-file", max_file),
    )  # fmt: skip
    checking = Checking(
        verify=verify or (), setup=setup or (), baseline=not no_baseline, repeat=verify_repeat,
        timeout=seconds("--verify-timeout", verify_timeout), report=verify_report, signals=not no_signals,
        hidden=hidden, hidden_verify=hidden_verify or (), allow_change=allow_change or (),
    )  # fmt: skip
    pod = Pod(
        image=image, agent_image=agent_image, secret=secret,
        shares=Shares(cpu, memory, disk, check_cpu, check_memory, check_disk),
        placing=Placing(node_selector or (), toleration or (), priority_class, runtime_class, queue, queue_priority),
        identity=Identity(run_as, service_account, image_pull_secret or (), label or (), annotation or ()), patch=pod_patch,
    )  # fmt: skip
    here = invocation.here()
    repo, shown = named(here, repo, issue, ca)
    request = Request(
        repo, read_prompt(prompt), n=n, models=model or (), escalate=escalate or (), private=private,
        agents=Agents(agent or (), agent_command, agent_home), matrix=matrix, temperature=temperature, api_base=api_base, ref=ref,
        allow_local_shell=allow_local_shell, parallel=max_parallel, first=first, retries=retries, bounds=bounds, checking=checking,
        pod=pod, surroundings=Surroundings(env or (), env_from or (), ca),
        sending=Sending(dirty, carry or (), secrets=yes, withhold=withhold_secrets),
        cloning=Cloning(git_secret, subdir, depth, sparse or (), submodules=not no_submodules),
        question=Question(answer, diff),
        briefing=Briefing(role or (), var or (), var_file or (), mcp or (), memory=not no_memory), search=search, issue=shown,
    )  # fmt: skip
    pushed = _pushing(push, folder, detach=detach) if push is not None else None
    taken = taking(
        select, apply=apply, branch=branch, folder=None if pushed else folder, detach=detach, cross=cross_tests
    )
    return Call(
        here, request, Where(backend, context, namespace, server), replace(taken, folder=folder) if taken else None, pushed,
        cancels=cancels(on_interrupt), ring=ring(here, notify), json=json, view=view,
        look=look(no_mouse=no_mouse, plain=plain), confirmed=yes, detach=detach,
        estimate=estimate, dry_run=dry_run, team=team,
    )  # fmt: skip


def run(**given: Any) -> int:
    """Give one prompt to N agents and show their work live."""
    from aideator_cli.cli.carrying import carry_out

    return carry_out(called(**given))


run.__signature__ = signature(called).replace(return_annotation=int)  # type: ignore[attr-defined]
run.__annotations__ = called.__annotations__ | {"return": int}


def _pushing(push: str, folder: "Path | None", *, detach: bool) -> "Pushing | None":
    from aideator_cli.actions.pushing import pushing

    return pushing(push, folder=folder, detach=detach)
