"""What `run` can be told about the agents' pods."""

from pathlib import Path
from typing import Annotated

import typer

POD = "The pod"
SHARE = "REQUEST[:LIMIT]"


def _option(help: str, metavar: str, *, repeatable: bool = False) -> typer.models.OptionInfo:  # noqa: A002
    more = " Repeatable." if repeatable else ""
    found: typer.models.OptionInfo = typer.Option(
        help=help + more, metavar=metavar, show_default=False, rich_help_panel=POD
    )
    return found


Cpu = Annotated[str | None, _option("CPU of each container: what it requests, and its limit. Default: 50m:1.", SHARE)]
Memory = Annotated[str | None, _option("Memory of each container. Default: 128Mi:2Gi.", SHARE)]
Disk = Annotated[str | None, _option("Disk of each container. Default: 128Mi:4Gi.", SHARE)]
CheckCpu = Annotated[str | None, _option("CPU of the container for checks. Default: as --cpu.", SHARE)]
CheckMemory = Annotated[str | None, _option("Memory of the container for checks. Default: as --memory.", SHARE)]
CheckDisk = Annotated[str | None, _option("Disk of the container for checks. Default: as --disk.", SHARE)]
NodeSelector = Annotated[
    list[str] | None, _option("Only nodes with this label run the pods.", "KEY=VALUE", repeatable=True)
]
Tolerations = Annotated[
    list[str] | None,
    _option("Nodes with this taint may run the pods.", "KEY[=VALUE][:EFFECT]", repeatable=True),
]
PriorityClass = Annotated[str | None, _option("PriorityClass of the pods.", "NAME")]
RuntimeClass = Annotated[str | None, _option("RuntimeClass of the pods, such as gvisor.", "NAME")]
ServiceAccount = Annotated[
    str | None, _option("ServiceAccount of the pods. They get no token for the Kubernetes API.", "NAME")
]
ImagePullSecret = Annotated[
    list[str] | None, _option("Secret with the registry's credentials for the images.", "NAME", repeatable=True)
]
RunAs = Annotated[
    str | None,
    _option("User id of the containers. any leaves it to the platform (OpenShift). Default: 1000.", "UID|any"),
]
PodPatch = Annotated[
    Path | None,
    _option("YAML file with a strategic merge patch of the pod, for everything else. See docs/pod.md.", "FILE"),
]
EnvFrom = Annotated[
    list[str] | None,
    _option(
        "Secret whose entries are variables of commands and checks. The model can read them.", "SECRET", repeatable=True
    ),
]
Label = Annotated[list[str] | None, _option("Label on every object of the run.", "KEY=VALUE", repeatable=True)]
Annotation = Annotated[
    list[str] | None, _option("Annotation on every object of the run.", "KEY=VALUE", repeatable=True)
]
