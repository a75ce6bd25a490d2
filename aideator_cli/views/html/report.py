"""Writes a run as one HTML file that loads nothing from any network."""

from aideator_cli.actions.sharing.reporting import Reported
from aideator_cli.system.templates import render_html
from aideator_cli.views.html.page import Material, values
from aideator_cli.views.html.timeline import timeline


def html(reported: Reported) -> str:
    compared = reported.compared
    timelines = {number: timeline(course) for number, course in reported.courses.items()}
    material = Material(
        compared.run,
        compared.comparison,
        compared.selection,
        compared.judged,
        timelines,
        reported.attempts,
        reported.made,
        reported.team,
        reported.talk,
    )
    return render_html("report.html.j2", values(material))
