"""`image`: the agent's image, for clusters."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aideator_cli.actions.imaging import Building

Tool = Annotated[
    str | None,
    typer.Option(
        "--tool",
        metavar="docker|podman|nerdctl|buildah",
        help="Program to use. Default: the first that works.",
        show_default=False,
    ),
]
Tag = Annotated[
    str | None,
    typer.Option(
        "--tag", metavar="IMAGE", help="Name of the image. Default: aideator-agent of this version.", show_default=False
    ),
]


def build(
    more: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- OPTION…]", help="Options for the program, such as -- --network host.", show_default=False
        ),
    ] = None,
    tool: Tool = None,
    tag: Tag = None,
    base_image: Annotated[
        str | None,
        typer.Option(
            "--base-image",
            metavar="IMAGE",
            help="A Debian image with Python 3.11 or newer. Default: python:3.12-slim.",
            show_default=False,
        ),
    ] = None,
    json: options.Json = False,
) -> int:
    """Build the agent's image of this version."""
    from aideator_cli.actions import imaging
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import command

    name = imaging.build(_building(tool, tag, base=base_image, more=more or ()))
    _name(name, "built", json=json)
    tagged = ("--tag", tag) if tag else ()
    terminal.say(
        f"built {name}; next: {command('image', 'load', *tagged)}, or {command('image', 'push', 'REGISTRY/', *tagged)}"
    )
    return 0


def push(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="Name at the registry, such as registry.example/team/aideator-agent. One that ends with / is completed.",
            show_default=False,
        ),
    ],
    tool: Tool = None,
    tag: Tag = None,
    json: options.Json = False,
) -> int:
    """Push the agent's image to a registry."""
    from aideator_cli.actions import imaging
    from aideator_cli.cli import terminal

    name = imaging.push(_building(tool, tag), target)
    _name(name, "pushed", json=json)
    terminal.say(f"pushed {name}; use it with --agent-image {name}, or: aideator config set agent_image {name}")
    return 0


def load(
    into: Annotated[
        str | None,
        typer.Option(
            "--into",
            metavar="k3d|kind|minikube|containerd[:NAME]",
            help="Cluster, profile, or containerd's socket. Default: what the context's name says.",
            show_default=False,
        ),
    ] = None,
    context: options.Context = None,
    tool: Tool = None,
    tag: Tag = None,
    json: options.Json = False,
) -> int:
    """Load the agent's image into a cluster on this machine. It needs no registry."""
    from aideator_cli.actions import imaging
    from aideator_cli.cli import invocation, terminal

    context = context or invocation.here().settings.defaults.context
    name = imaging.load(_building(tool, tag), context, into, lambda text: terminal.say(f"… {text}"))
    _name(name, "loaded", json=json)
    terminal.say(f"the cluster has {name}")
    return 0


def _building(tool: str | None, tag: str | None, *, base: str | None = None, more: "Sequence[str]" = ()) -> "Building":
    """What a tool prints is for a person, so it goes to stderr."""
    from aideator_cli.actions.imaging import IMAGE, Building

    sys.stderr.flush()
    return Building(sys.stderr.fileno(), tool, tag or IMAGE, base, more)


def _name(name: str, became: str, *, json: bool) -> None:
    from aideator_cli.cli import terminal

    if json:
        terminal.write_json({"kind": "image", "name": name, "became": became})
    else:
        print(name)
