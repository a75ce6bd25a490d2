"""Writes the Job of the chart's test out of what makes the command-line tool's Jobs, so that both run the same pod. `make chart`."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from aideator_agent.spec import SPEC_VERSION, Limits, Repository, RunSpec, VariationSpec
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.intake import prompts, scripts
from aideator_cli.intake.roles import finding
from aideator_cli.intake.variables import Variables

FOLDER = Path(__file__).parent
PAGE = FOLDER / "aideator" / "templates" / "_test.tpl"
MODEL = "scripted/describe"
SECONDS = 240.0  # the agent ends before `helm test` gives up, after five minutes
STEPS = 30
WIDTH = 120
# No time and no random id: an upgrade that changes nothing changes nothing in the cluster.
CREATED = "1970-01-01T00:00:00Z"
SUBMISSION = "00000000-0000-4000-8000-000000000000"
USER = "helm"

# What stands in the manifests where a value of the chart goes, and Helm's expression for it.
MARKS = {
    "Z_namespace_Z": 'include "aideator.namespace" .',
    "Z_repoUrl_Z": ".Values.repoUrl",
    "Z_name_Z": 'include "aideator.test.repository" .',
    "Z_prompt_Z": ".Values.prompt",
    "Z_runId_Z": ".Values.runId",
    "Z_agentJobName_Z": ".Values.agentJobName",
    "Z_agentImage_Z": 'include "aideator.agentImage" .',
    "Z_image_Z": '.Values.image | default (include "aideator.agentImage" .)',
    "Z_model_Z": ".Values.test.model",
    "Z_secret_Z": ".Values.secret.name",
    "Z_key_Z": ".key",
    "424242": ".Values.variationId",
}
VARIATION = 424242
# Texts of the spec that are something else, or null, in the chart.
WHOLE = {
    "Z_image_Z": ".Values.image | default nil",
    "Z_agentImage_Z": ".Values.agentImage | default nil",
    "Z_apiBase_Z": ".Values.test.apiBase | default nil",
    "Z_keys_Z": ".Values.test.keys",
    "Z_imagePullSecrets_Z": ".Values.imagePullSecrets",
    "Z_runAs_Z": '.Values.test.runAs | toString | eq "any" | ternary nil 1000',
}
HEAD = "{{- /* `make chart` writes this file out of templates/job.yaml.j2 and charts/describe.yaml. Don't edit it. */ -}}\n"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    path.write_text(page(), encoding="utf-8")
    print(path)


def page() -> str:
    spec = spec_of_the_test()
    placement = Placement("Z_namespace_Z", USER, "Z_secret_Z")
    job = manifests.job(spec, spec.variations[0], placement)
    job["metadata"]["name"] = "Z_agentJobName_Z"
    configmap = manifests.configmap(spec, placement)
    del configmap["data"]
    parts = {"job": job, "configmap": configmap, "spec": _spec(spec), "key": _key(job)}
    return HEAD + "".join(_define(name, value, WHOLE if name == "spec" else {}) for name, value in parts.items())


def spec_of_the_test() -> RunSpec:
    named = Repository("https://host/Z_name_Z")
    messages = prompts.messages(named, [prompts.Briefed(finding.shipped(finding.NEUTRAL), "Z_prompt_Z")], Variables())
    return RunSpec(
        id="Z_runId_Z",
        submission_id=SUBMISSION,
        created=CREATED,
        repository=Repository("Z_repoUrl_Z"),
        prompt="Z_prompt_Z",
        variations=(VariationSpec(VARIATION, "Z_model_Z", keys=("Z_key_Z",)),),
        limits=Limits(steps=STEPS, seconds=SECONDS),
        system=messages.system,
        task=messages.task,
        scripts={MODEL: scripts.load(FOLDER / "describe.yaml")},
        image="Z_image_Z",
        agent_image="Z_agentImage_Z",
        secret="Z_secret_Z",
    )


def _spec(spec: RunSpec) -> dict[str, Any]:
    variation = asdict(spec.variations[0]) | {"api_base": "Z_apiBase_Z", "keys": "Z_keys_Z"}
    pod = asdict(spec.pod) | {"run_as": "Z_runAs_Z", "image_pull_secrets": "Z_imagePullSecrets_Z"}
    return {"version": SPEC_VERSION, **asdict(spec), "variations": [variation], "pod": pod}


def _key(job: dict[str, Any]) -> dict[str, Any]:
    """Takes the entry of a provider's key out of the Job: the chart adds one for each key."""
    environment = job["spec"]["template"]["spec"]["containers"][0]["env"]
    entry: dict[str, Any] = next(entry for entry in environment if entry["name"] == "Z_key_Z")
    environment.remove(entry)
    return entry


def _define(name: str, value: dict[str, Any], whole: Mapping[str, str]) -> str:
    text = _lines(value)
    if "{{" in text:
        raise ValueError(f"{name} holds what Helm would take for an action")
    text = re.sub(r'"(?:[^"\\]|\\.)*"', partial(_scalar, whole), text)
    text = text.replace(f": {VARIATION}", ": {{ .Values.variationId | int }}")
    return f'\n{{{{- define "aideator.test.{name}" -}}}}\n{text}\n{{{{- end }}}}\n'


def _lines(value: object, indent: str = "") -> str:
    """Returns the value as JSON: what is short on one line."""
    short = json.dumps(value)
    if len(indent + short) <= WIDTH or not isinstance(value, dict | list | tuple) or not value:
        return short
    deeper = indent + "  "
    if isinstance(value, dict):
        opened, closed = "{}"
        parts = [f"{json.dumps(name)}: {_lines(part, deeper)}" for name, part in value.items()]
    else:
        opened, closed = "[]"
        parts = [_lines(part, deeper) for part in value]
    separator = f",\n{deeper}"
    return f"{opened}\n{deeper}{separator.join(parts)}\n{indent}{closed}"


def _scalar(whole: Mapping[str, str], found: re.Match[str]) -> str:
    """One JSON string; where it holds marks, the action of Helm's that writes it, whatever the values hold."""
    text = json.loads(found.group())
    if text in whole:
        return f"{{{{ {whole[text]} | toJson }}}}"
    parts = re.split(f"({'|'.join(MARKS)})", text)
    if len(parts) == 1:
        return found.group()
    form = json.dumps("".join("%v" if part in MARKS else part.replace("%", "%%") for part in parts))
    values = " ".join(f"({MARKS[part]})" for part in parts if part in MARKS)
    return f"{{{{ printf {form} {values} | toJson }}}}"


if __name__ == "__main__":
    main()
