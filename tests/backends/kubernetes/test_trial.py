"""The pod that `doctor` tries is an agent's pod, whose program only looks around. tests/end_to_end starts one."""

from dataclasses import replace

from aideator_agent.spec import Check
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.backends.kubernetes.trial import manifest
from aideator_cli.domain.trial import is_older, said_in
from tests.backends.kubernetes.specs import run_spec

PLACEMENT = Placement("team", "0123456789", "aideator-keys")


def test_it_is_an_agents_pod_but_for_what_a_run_alone_needs() -> None:
    spec = replace(run_spec(keys=("OPENAI_API_KEY",), checks=(Check("t", "true"),)), image="python:3.12")
    job = manifests.job(spec, spec.variations[0], PLACEMENT)
    trial = manifest(spec, PLACEMENT, ["--trial"])
    real, tried = job["spec"]["template"]["spec"], trial["spec"]["template"]["spec"]
    assert tried["initContainers"] == real["initContainers"]
    assert tried["securityContext"] == real["securityContext"]
    assert tried["containers"][0]["env"] == real["containers"][0]["env"]
    assert tried["containers"][0]["args"] == ["--trial"]
    assert tried["containers"][0]["command"] == real["containers"][0]["command"]
    gone = [volume["name"] for volume in real["volumes"] if volume not in tried["volumes"]]
    assert gone == ["spec", "left"]
    assert "spec" not in [mount["name"] for mount in tried["containers"][0]["volumeMounts"]]


def test_the_cluster_deletes_it_where_the_command_line_cannot() -> None:
    spec = run_spec(1)
    job = manifest(spec, PLACEMENT, ["--trial"])
    assert job["metadata"]["name"] == f"aideator-doctor-{spec.id}"
    assert job["spec"]["ttlSecondsAfterFinished"] <= 60
    assert job["spec"]["activeDeadlineSeconds"] <= spec.limits.start_seconds + 180


def test_what_an_older_agent_writes_is_not_its_word() -> None:
    older = [b'{"v":1,"seq":0,"type":"start"}', b"garbage", b"[1]"]
    assert said_in(older) is None
    assert is_older(older)
    assert not is_older([b"sh: illegal option --trial"])
    assert said_in([b'{"trial":1,"agent":"0.1.0"}', b"a library's farewell"]) == {"trial": 1, "agent": "0.1.0"}
