"""What `run` can be told."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands.pod_options import POD

LIMITS = "Limits"
CHECKS = "Checks"
BEST = "The best result"

Repo = Annotated[
    str | None,
    typer.Argument(
        metavar="REPO",
        help="A git URL, or a path to a local repository. With --issue it may be left out: that of the issue.",
        show_default=False,
    ),
]
Prompt = Annotated[
    str | None,
    typer.Argument(
        metavar="PROMPT", help="The task. - reads it from standard input, @FILE from a file.", show_default=False
    ),
]
Issue = Annotated[
    str | None,
    typer.Option(
        "--issue",
        metavar="URL",
        help="An issue on GitHub, GitLab or Gitea as the task: its title, description and comments, which the agents get as data.",
        show_default=False,
    ),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        metavar="N",
        help="Number of variations, 1 to 20. Default: 3, or one per model, or the counts in --model.",
        show_default=False,
    ),
]
Model = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME[:K],…",
        help="Models by their LiteLLM names, each with an optional count. Repeatable. auto[:POLICY] lets AIdeator choose: cheap, mid, "
        "best, fast, private or your own policy. scripted/FILE plays a script.",
        show_default=False,
    ),
]
Escalate = Annotated[
    list[str] | None,
    typer.Option(
        "--escalate",
        metavar="STEP,…",
        help="Try one model after the other, policies or names, such as cheap,best: the next only if the checks failed. "
        "Needs --verify.",
        show_default=False,
    ),
]
Private = Annotated[
    bool,
    typer.Option(
        "--private",
        help="Let the repository's text go to the hosts in `local` of router.toml alone. "
        "`private = true` in its .aideator.toml does so, too.",
    ),
]
OneModel = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="A model by its LiteLLM name.", show_default=False)
]
Team = Annotated[
    str | None,
    typer.Option(
        "--team",
        metavar="NAME|FILE",
        help="A team of roles that hand work to each other, such as feature. With --dry-run: draw it, and say what it may cost at most.",
        show_default=False,
    ),
]
Matrix = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="YAML file with prompts, agents, models, temperatures and n. Starts an agent for each combination.",
        show_default=False,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        help="Don't ask before starting more than 20 agents by --matrix, sending files that look like secrets, or giving agents an issue.",
    ),
]
NoRepositoryFile = Annotated[
    bool, typer.Option("--no-repository-file", help="Leave out what .aideator.toml in the repository sets.")
]
Temperature = Annotated[
    float | None,
    typer.Option(metavar="NUMBER", help="Sampling temperature, 0 to 2. Default: the model's own.", show_default=False),
]
ApiBase = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="OpenAI-compatible endpoint, such as a gateway, vLLM or Ollama.", show_default=False
    ),
]
Ref = Annotated[
    str | None,
    typer.Option(
        metavar="REF",
        help="Branch, tag or commit to start from; HEAD~1 and the like in a local repository. Default: HEAD.",
        show_default=False,
    ),
]
Answer = Annotated[
    bool,
    typer.Option("--answer", help="Ask for an answer in Markdown, not for a patch. `aideator ask` is short for it."),
]
Diff = Annotated[
    str | None,
    typer.Option(
        metavar="A..B",
        help="Show the agents the difference between two commits, and start from B. A...B begins where they parted.",
        show_default=False,
    ),
]
Dirty = Annotated[
    bool,
    typer.Option("--dirty", help="Start from the working tree as it is, with its uncommitted changes, not from HEAD."),
]
WithholdSecrets = Annotated[
    bool,
    typer.Option(
        "--withhold-secrets",
        help="Keep what looks like a token or a private key from the model. Without it you are only warned.",
    ),
]
Carry = Annotated[
    list[Path] | None,
    typer.Option(
        "--carry",
        metavar="PATH",
        help="Give the agents this file or folder, which no commit has, and keep it out of patches. Repeatable.",
        show_default=False,
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="auto|kubernetes|local",
        help="Where the agents run. auto is kubernetes if there is a current context, else local.",
        show_default=False,
    ),
]
DemoBackend = Annotated[
    str | None,
    typer.Option(
        "--backend", metavar="kubernetes|local", help="Where the agents run. Default: local.", show_default=False
    ),
]
Env = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Variable of commands and checks. The model can read it. HTTPS_PROXY and NO_PROXY apply to git and the model, too. "
        "Repeatable.",
        show_default=False,
    ),
]
Ca = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Certificate authorities (PEM) that git, the model and commands trust besides the system's.",
        show_default=False,
    ),
]
Image = Annotated[
    str | None,
    typer.Option(
        metavar="IMAGE",
        help="Image that the agent's commands run in. Default: the agent's image.",
        show_default=False,
        rich_help_panel=POD,
    ),
]
AgentImage = Annotated[
    str | None,
    typer.Option(
        metavar="IMAGE",
        help="Image that the agent itself runs in. Default: aideator-agent of this version.",
        show_default=False,
        rich_help_panel=POD,
    ),
]
Secret = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Kubernetes Secret with the providers' API keys. Default: aideator-keys.",
        show_default=False,
        rich_help_panel=POD,
    ),
]
Timeout = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="Time limit for each agent, such as 90s, 30m or 2h. Work so far is kept.",
        rich_help_panel=LIMITS,
    ),
]
StartTimeout = Annotated[
    str, typer.Option(metavar="TIME", help="Time limit for an agent to start.", rich_help_panel=LIMITS)
]
MaxSteps = Annotated[
    int, typer.Option(metavar="N", help="Maximum number of model turns per agent.", rich_help_panel=LIMITS)
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Maximum number of tokens, input and output together, per agent.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
MaxOutput = Annotated[
    int | None,
    typer.Option(
        metavar="TOKENS",
        help="Maximum number of tokens of one model turn. Default: what the model can write.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
ContextWindow = Annotated[
    int | None,
    typer.Option(
        metavar="TOKENS",
        help="The model's context window, if it is not the one in the table. Old output is dropped below it.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
CommandTimeout = Annotated[
    str, typer.Option(metavar="TIME", help="Time limit for each command that a model runs.", rich_help_panel=LIMITS)
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        metavar="USD", help="Maximum cost of the model calls of each agent.", show_default=False, rich_help_panel=LIMITS
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="USD",
        help="Maximum cost of all agents together, split evenly. Retries count.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
MaxFile = Annotated[
    str,
    typer.Option(
        metavar="SIZE",
        help="Leave files out of the patch that are larger, such as 512Ki or 20Mi.",
        rich_help_panel=LIMITS,
    ),
]
AllowLocalShell = Annotated[
    bool, typer.Option("--allow-local-shell", help="With --backend local: let a real model's commands run as you.")
]
First = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        help="Stop the other agents once K have succeeded. Their work so far is kept.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
Retries = Annotated[
    int | None,
    typer.Option(
        metavar="R",
        help="Retry a variation up to R times if infrastructure fails it. Default: 1.",
        show_default=False,
        rich_help_panel=LIMITS,
    ),
]
Verify = Annotated[
    list[str] | None,
    typer.Option(
        "--verify",
        metavar="[NAME=]CMD",
        help="Check each patch with this command, in a separate working tree. Repeatable.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
Setup = Annotated[
    list[str] | None,
    typer.Option(
        "--setup",
        metavar="CMD",
        help="Run this command before the checks, in each of those working trees. Repeatable.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Don't also run the checks on the unchanged base.", rich_help_panel=CHECKS)
]
NoSignals = Annotated[
    bool,
    typer.Option(
        "--no-signals",
        help="Don't search the patches for what a reviewer wants to know, such as signs of cheating.",
        rich_help_panel=CHECKS,
    ),
]
Hidden = Annotated[
    Path | None,
    typer.Option(
        "--hidden",
        metavar="DIR",
        help="Lay the files of this folder over each tree before it is checked. No agent sees them.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
HiddenVerify = Annotated[
    list[str] | None,
    typer.Option(
        "--hidden-verify",
        metavar="[NAME=]CMD",
        help="Like --verify, but no agent sees the command before all is done. Repeatable.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
AllowChange = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-change",
        metavar="GLOB",
        help="A test or a check's setting that the task must change, such as pyproject.toml. It is not restored. Repeatable.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
VerifyRepeat = Annotated[
    int,
    typer.Option(metavar="K", help="Run each check K times, 1 to 10. It must pass every time.", rich_help_panel=CHECKS),
]
VerifyTimeout = Annotated[
    str,
    typer.Option(
        metavar="TIME", help="Time limit for each check command. A check that reaches it fails.", rich_help_panel=CHECKS
    ),
]
VerifyReport = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="JUnit XML file that the checks write. At least as many tests must run as on the base.",
        show_default=False,
        rich_help_panel=CHECKS,
    ),
]
Select = Annotated[
    str | None,
    typer.Option(
        metavar="auto",
        help="When all agents have ended, select the variation that `compare` lists first.",
        show_default=False,
        rich_help_panel=BEST,
    ),
]
CrossTests = Annotated[
    bool | None,
    typer.Option(
        "--cross-tests/--no-cross-tests",
        help="With --select auto: first run each variation's new tests on the other patches that passed. Default: yes.",
        show_default=False,
        rich_help_panel=BEST,
    ),
]
Apply = Annotated[
    bool,
    typer.Option("--apply", help="With --select auto: also apply the patch to the working tree.", rich_help_panel=BEST),
]
Branch = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="With --apply: commit to a new branch instead, and leave your files alone.",
        show_default=False,
        rich_help_panel=BEST,
    ),
]
OnInterrupt = Annotated[
    str,
    typer.Option(
        metavar="leave|cancel", help="On Ctrl-C, SIGTERM or SIGHUP, leave the agents running, or cancel them."
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", help="Print the run id and return as soon as the agents are submitted.")
]
Estimated = Annotated[
    bool,
    typer.Option(
        "--estimate",
        help="Say what the run would cost and take, from earlier attempts of its models, and start nothing.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the Kubernetes manifests, as YAML or with --json, and start nothing.")
]
