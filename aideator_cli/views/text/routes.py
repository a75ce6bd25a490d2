"""Why variations have their models, a line for each."""

from aideator_agent.spec import Route, VariationSpec
from aideator_cli.text.clean import one_line
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.names import model_name


def show_route(screen: Screen, name: str, variation: VariationSpec) -> None:
    """The reason, and below it what excluded other models."""
    screen.line(f"{name}  {model_name(variation.model)}  {line(variation.route)}")
    for each in variation.route.excluded if variation.route else ():
        screen.line(f"    not {one_line(each)}")


def line(route: Route | None) -> str:
    if route is None:
        return "you named it"
    return f"{one_line(route.policy)}: {one_line(route.why)}"
