"""The door: what the user asked for, parsed and checked once, becomes a `RunSpec`; behind it no text is parsed again."""

import sys
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aideator_agent.spec import Limits, Repository, RunSpec, VariationSpec
from aideator_cli.clock import now
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.ids import new_id
from aideator_cli.intake import checks, matrix, models, models_file, prompts, scripts
from aideator_cli.intake.matrix import Cell, Matrix
from aideator_cli.intake.repository import Located, locate
from aideator_cli.settings import Settings

USUAL_RETRIES = 1
LONGEST_HOURS = 7 * 24  # of an agent, and of its start


@dataclass(frozen=True)
class Request:
    """The options of `run`, as they were typed."""

    repo: str
    prompt: str | None  # None: the matrix has them
    n: int | None = None
    models: Sequence[str] = ()
    temperature: float | None = None
    api_base: str | None = None
    ref: str | None = None
    image: str | None = None
    agent_image: str | None = None
    secret: str | None = None
    timeout: float = 1800.0
    start_timeout: float = 600.0
    max_steps: int = 100
    max_cost: float | None = None  # USD, of one agent
    budget: float | None = None  # USD, of all of them together
    allow_local_shell: bool = False
    first: int | None = None
    retries: int | None = None
    verify: Sequence[str] = ()
    setup: Sequence[str] = ()
    baseline: bool = True
    verify_repeat: int = 1
    verify_timeout: float = 600.0
    verify_report: str | None = None
    matrix: Path | None = None
    yes: bool = False  # however many agents it is


@dataclass(frozen=True)
class Order:
    """A request that can be carried out."""

    spec: RunSpec
    located: Located


def take(request: Request, backend: str, settings: Settings) -> Order:
    """Raises `AideatorError` for whatever can be known to be wrong before anything starts."""
    table = None if request.matrix is None else _matrix(request, request.matrix)
    prompt = _whole_prompt(table) if table and table.prompts else _prompt(request.prompt)
    _check_numbers(request)
    asked = checks.parse(
        request.verify,
        request.setup,
        baseline=request.baseline,
        repeat=request.verify_repeat,
        report=request.verify_report,
    )
    cells, variations, turns = _variations(request, table, settings)
    _check_local(request, variations, backend, settings)
    if request.first is not None and not 1 <= request.first <= len(variations):
        raise usage(f"--first takes 1 to {len(variations)}, the run's variations, not {request.first}")
    located = _located(request, backend)
    repository = Repository(located.url, located.ref, located.base)
    system, task, tasks = _messages(repository, prompt, cells)
    defaults = settings.defaults
    spec = RunSpec(
        id=new_id(),
        submission_id=str(uuid.uuid4()),
        created=now(),
        repository=repository,
        prompt=prompt,
        variations=tuple(replace(v, task=told) for v, told in zip(variations, tasks, strict=True)),
        limits=_limits(request, len(variations)),
        system={"engineer": system},
        task=task,
        scripts=turns,
        checks=asked.checks,
        setup=asked.setup,
        baseline=asked.baseline,
        verify_repeat=asked.verify_repeat,
        verify_report=asked.verify_report,
        image=request.image or defaults.image,
        agent_image=request.agent_image or defaults.agent_image,
        secret=request.secret or defaults.secret,
        first=request.first,
        retries=USUAL_RETRIES if request.retries is None else request.retries,
    )
    return Order(spec, located)


def _located(request: Request, backend: str) -> Located:
    located = locate(request.repo, request.ref, from_pods=backend == "kubernetes")
    if located.path and backend == "kubernetes":
        raise usage(
            f"{request.repo} is a path on this machine, which pods can't reach",
            hint="give the URL of a repository that the cluster can clone, or --backend local",
        )
    return located


def _prompt(text: str | None) -> str:
    """PROMPT, `-` for standard input, `@FILE` for a file's text."""
    if text is None:
        raise usage(
            "no prompt is given", hint='aideator run REPO "What the agents should do", or --matrix with `prompts`'
        )
    try:
        if text == "-":
            text = sys.stdin.buffer.read(prompts.MOST_BYTES + 1).decode()
        elif text.startswith("@"):
            text = Path(text[1:]).read_bytes()[: prompts.MOST_BYTES + 1].decode()
    except OSError as error:
        raise not_found(f"the prompt's file {text[1:]} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise usage("the prompt is no UTF-8 text") from error
    return prompts.checked(text)


def _matrix(request: Request, path: Path) -> Matrix:
    """Each thing is said once: by the file or by the command line."""
    found = matrix.load(path)
    for named, option, value in (
        ("prompts", "PROMPT", found.prompts and request.prompt),
        ("models", "--model", found.models and request.models),
        ("temperatures", "--temperature", found.temperatures and request.temperature is not None),
    ):
        if value:
            raise usage(
                f"{path} has {named} of its own: {option} contradicts it", hint=f"leave out {option}, or {named}"
            )
    if request.n is not None:
        raise usage("-n contradicts --matrix, which has its own number of variations", hint=f"n: {request.n} in {path}")
    return found


def _whole_prompt(table: Matrix) -> str:
    """What the run was asked: with several prompts each under its name."""
    if len(table.prompts) == 1:
        return table.prompts[0].text
    return "\n\n".join(f"{prompt.name}: {prompt.text}" for prompt in table.prompts)


def _messages(repository: Repository, prompt: str, cells: Sequence[Cell]) -> tuple[str, str, list[str | None]]:
    """The system message, the run's task, and each variation's where that is another one."""
    texts = list(dict.fromkeys(cell.prompt.text if cell.prompt else prompt for cell in cells))
    rendered = {text: prompts.render("engineer", repository, text, True) for text in texts}
    system, task = rendered[texts[0]]
    tasks = [rendered[cell.prompt.text if cell.prompt else prompt][1] for cell in cells]
    return system, task, [None if own == task else own for own in tasks]


def _check_numbers(request: Request) -> None:
    for option, seconds in (
        ("--timeout", request.timeout),
        ("--start-timeout", request.start_timeout),
        ("--verify-timeout", request.verify_timeout),
    ):
        if not 1 <= seconds <= LONGEST_HOURS * 3600:
            raise usage(f"{option} takes 1s to {LONGEST_HOURS}h, not {seconds:.10g}s")
    for option, value, least, most in (
        ("--max-steps", request.max_steps, 1, 10_000),
        ("--temperature", request.temperature, 0, 2),
        ("--retries", request.retries, 0, 10),
        ("--max-cost", request.max_cost, 0.0001, 100_000),
        ("--budget", request.budget, 0.0001, 100_000),
    ):
        if value is not None and not least <= value <= most:
            raise usage(f"{option} takes {least} to {most}, not {value:g}")
    if request.api_base is not None and not request.api_base.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {request.api_base}")


def _limits(request: Request, agents: int) -> Limits:
    """A budget is split evenly: each agent holds its own share."""
    shares = [cost for cost in (request.max_cost, request.budget and request.budget / agents) if cost is not None]
    return Limits(
        steps=request.max_steps,
        seconds=request.timeout,
        check_seconds=request.verify_timeout,
        cost=min(shares, default=None),
        start_seconds=request.start_timeout,
    )


def _variations(
    request: Request, table: Matrix | None, settings: Settings
) -> tuple[list[Cell], tuple[VariationSpec, ...], dict[str, list[scripts.Turn]]]:
    overrides = models_file.load_overrides(settings.models_file)
    api_base = request.api_base or settings.defaults.api_base
    cells = _cells(request, table, settings, overrides)
    infos = {name: _info(name, api_base, overrides, table) for name in dict.fromkeys(cell.model for cell in cells)}
    _check_prices(request, infos.values(), settings)
    turns = {
        info.name: scripts.load(Path(name.removeprefix(models.SCRIPTED)))
        for name, info in infos.items()
        if name.startswith(models.SCRIPTED)
    }
    return cells, tuple(_variation(n, cell, infos[cell.model], api_base) for n, cell in enumerate(cells, 1)), turns


def _cells(request: Request, table: Matrix | None, settings: Settings, overrides: models.Overrides) -> list[Cell]:
    if table and table.models:
        return table.cells((), request.temperature)
    wanted = list(request.models) or ([settings.defaults.model] if settings.defaults.model else [])
    if not wanted:
        raise models.no_model(settings.environment)
    if table:
        names = [name.strip() for value in wanted for name in value.split(",")]
        return table.cells(list(dict.fromkeys(names)), request.temperature)
    names = models.parse_models(wanted, n=request.n, known=lambda name: models.is_known(name, overrides))
    return [Cell(name, request.temperature) for name in names]


def _info(name: str, api_base: str | None, overrides: models.Overrides, table: Matrix | None) -> models.ModelInfo:
    try:
        return models.resolve(name, api_base=api_base, overrides=overrides)
    except AideatorError as error:
        if table is None or name not in table.places:
            raise
        raise usage(f"{table.places[name]}: {error.message}", error.hint) from error


def _variation(number: int, cell: Cell, info: models.ModelInfo, api_base: str | None) -> VariationSpec:
    return VariationSpec(
        number=number,
        model=info.name,
        temperature=cell.temperature,
        api_base=None if info.provider == "scripted" else api_base,
        keys=info.keys,
        price=info.price if info.price_overridden else None,
        prompt_name=cell.prompt.name if cell.prompt else None,
    )


def _check_prices(request: Request, infos: Iterable[models.ModelInfo], settings: Settings) -> None:
    """A limit on the cost can be held only where prices are known; a script brings its own."""
    if request.max_cost is None and request.budget is None:
        return
    for info in infos:
        if info.price is None and info.provider != "scripted":
            option = "--max-cost" if request.max_cost is not None else "--budget"
            raise usage(
                f"{option} can't be held for {info.name}: its price is unknown",
                hint=f"write its price into {settings.models_file} (docs/models.md)",
            )


def _check_local(request: Request, variations: Sequence[VariationSpec], backend: str, settings: Settings) -> None:
    """On this machine a real model needs its key at hand, and leave to run commands as the user."""
    real = [v for v in variations if not v.model.startswith(models.SCRIPTED)]
    if backend != "local":
        return
    for option, value in (
        ("--image", request.image),
        ("--agent-image", request.agent_image),
        ("--secret", request.secret),
    ):
        if value:
            raise usage(
                f"{option} is the cluster's; on this machine there is none",
                hint="leave it out, or --backend kubernetes",
            )
    if not real:
        return
    for variation in real:
        missing = [key for key in variation.keys if not settings.environment.get(key)]
        if missing and variation.api_base is None:
            raise not_found(
                f"{variation.model} needs {' and '.join(missing)}, which the environment does not have",
                hint=f"export {missing[0]}=…",
            )
    if not (request.allow_local_shell or settings.defaults.allow_local_shell):
        raise usage(
            f"on this machine the commands of {real[0].model} would run as you, with your files in reach",
            hint="--allow-local-shell (or allow_local_shell: true in config.yaml) permits it; --backend kubernetes runs them in pods",
        )
