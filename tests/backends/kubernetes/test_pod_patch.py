"""A user's patch of the pod merges as Kubernetes merges it, and can't undo the isolation."""

from typing import Any

import pytest
import yaml

from aideator_agent.pod_settings import PodSettings
from aideator_agent.spec import Check, RunSpec
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.specs import run_spec

PLACEMENT = Placement("team", "user", "aideator-keys")


def patched(text: str, *, checks: bool = True) -> dict[str, Any]:
    """The pod's template."""
    found = (Check("unit", "make"),) if checks else ()
    spec = run_spec(checks=found, keys=("OPENAI_API_KEY",), pod=PodSettings(patch=yaml.safe_load(text)))
    assert RunSpec.from_json(spec.to_json()) == spec
    template: dict[str, Any] = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]
    return template


def container(template: dict[str, Any], name: str) -> dict[str, Any]:
    spec = template["spec"]
    found: dict[str, Any] = next(
        each for each in (*spec["containers"], *spec["initContainers"]) if each["name"] == name
    )
    return found


def test_what_has_a_name_merges_by_it_and_other_lists_are_replaced() -> None:
    usual, template = patched("{metadata: {}}"), patched("""
metadata: {labels: {team: blue}, annotations: {note: x}}
spec:
  hostAliases: [{ip: 10.0.0.1, hostnames: [registry]}]
  tolerations: [{key: gpu, operator: Exists}]
  affinity: {nodeAffinity: {}}
  securityContext: {fsGroup: 2000, fsGroupChangePolicy: OnRootMismatch}
  volumes:
  - {name: cache, persistentVolumeClaim: {claimName: cache}}
  - {name: workspace, emptyDir: null, ephemeral: {volumeClaimTemplate: {spec: {}}}}
  - {name: shell-tmp, emptyDir: {medium: Memory}}
  containers:
  - {name: agent, resources: {limits: {cpu: "3", memory: null}}, env: [{name: SSLKEYLOGFILE, value: x}]}
  initContainers:
  - name: shell
    env: [{name: TERM, value: xterm}, {name: NPM_TOKEN, valueFrom: {secretKeyRef: {name: npm, key: token}}}]
    envFrom: [{configMapRef: {name: tools}}]
    volumeMounts: [{name: cache, mountPath: /cache}]
    securityContext: {readOnlyRootFilesystem: false}
  - {name: db, image: "postgres:17", restartPolicy: Always, securityContext: {runAsUser: 999, allowPrivilegeEscalation: false}}
""")  # fmt: skip
    assert template["metadata"]["labels"].items() >= {"team": "blue", "app": "aideator-agent"}.items()
    spec = template["spec"]
    assert spec["securityContext"] == {
        **usual["spec"]["securityContext"],
        "fsGroup": 2000,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    assert [each["name"] for each in spec["initContainers"]] == ["shell", "check", "db"]
    agent, shell = container(template, "agent"), container(template, "shell")
    assert agent["resources"]["limits"] == {"cpu": "3", "ephemeral-storage": "4Gi"}
    assert agent["env"][:-1] == container(usual, "agent")["env"]
    assert {each["name"]: each.get("value") for each in shell["env"]}.items() >= {
        "TERM": "xterm",
        "PAGER": "cat",
    }.items()
    assert [each["name"] for each in shell["env"]].count("TERM") == 1
    assert shell["volumeMounts"][:-1] == container(usual, "shell")["volumeMounts"]
    assert shell["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container(template, "check") == container(usual, "check")
    volumes = {each["name"]: each for each in spec["volumes"]}
    assert volumes["workspace"].keys() == {"name", "ephemeral"}
    assert volumes["shell-tmp"]["emptyDir"] == {"medium": "Memory"}
    assert len(volumes) == len(usual["spec"]["volumes"]) + 1


def test_directives_of_a_strategic_merge() -> None:
    template = patched("""
spec:
  volumes: [{name: shell-tmp, $retainKeys: [name, ephemeral], ephemeral: {}}]
  initContainers: [{name: shell, env: [{name: PAGER, $patch: delete}], resources: {$patch: replace, limits: {cpu: "1"}}}]
""")
    shell = container(template, "shell")
    assert "PAGER" not in {each["name"] for each in shell["env"]}
    assert shell["resources"] == {"limits": {"cpu": "1"}}
    assert next(each for each in template["spec"]["volumes"] if each["name"] == "shell-tmp").keys() == {
        "name",
        "ephemeral",
    }


def test_a_part_for_the_container_for_checks_may_stand_in_a_patch_for_all_runs() -> None:
    text = "spec: {initContainers: [{name: check, image: node:22}, {name: shell, image: node:20}]}"
    assert container(patched(text), "check")["image"] == "node:22"
    without = patched(text, checks=False)
    assert [each["image"] for each in without["spec"]["initContainers"]] == ["node:20"]


SHELL = "spec: {{initContainers: [{{name: shell, {}}}]}}"
AGENT = "spec: {{containers: [{{name: agent, {}}}]}}"
ADDED = "spec: {{initContainers: [{{name: db, image: x, {}}}]}}"
VOLUME = "spec: {{volumes: [{{name: mine, {}}}]}}"
REFUSED = {
    "spec.hostNetwork": "spec: {hostNetwork: true}",
    "spec.hostPID": "spec: {hostPID: true}",
    "spec.hostIPC": "spec: {hostIPC: true}",
    "spec.hostUsers": "spec: {hostUsers: true}",
    "spec.shareProcessNamespace": "spec: {shareProcessNamespace: true}",
    "spec.automountServiceAccountToken": "spec: {automountServiceAccountToken: true}",
    "spec.restartPolicy": "spec: {restartPolicy: Always}",
    "spec.activeDeadlineSeconds": "spec: {activeDeadlineSeconds: 10}",
    "spec.ephemeralContainers": "spec: {ephemeralContainers: []}",
    "spec.securityContext.runAsNonRoot": "spec: {securityContext: {runAsNonRoot: false}}",
    "spec.securityContext.runAsUser": "spec: {securityContext: {runAsUser: 0}}",
    "spec.securityContext.sysctls": "spec: {securityContext: {sysctls: []}}",
    "spec.securityContext.seccompProfile": "spec: {securityContext: {seccompProfile: {type: Unconfined}}}",
    "spec.volumes[mine].hostPath": VOLUME.format("hostPath: {path: /}"),
    "spec.volumes[mine]: it holds the providers' keys": VOLUME.format("secret: {secretName: aideator-keys}"),
    "spec.volumes[mine]: it holds the providers' keys  ": VOLUME.format("secret: {secretName: aideator-keys-jane}"),
    "spec.volumes[mine]: it holds the providers' keys ": VOLUME.format("projected: {sources: [{secret: {name: aideator-keys}}]}"),
    "spec.volumes[mine]: the model's commands could speak": VOLUME.format("projected: {sources: [{serviceAccountToken: {}}]}"),
    "spec.volumes[spec]": "spec: {volumes: [{name: spec, configMap: {name: mine}}]}",
    "spec.volumes[channel]": "spec: {volumes: [{name: channel, emptyDir: {medium: ''}}]}",
    "spec.volumes[private]": "spec: {volumes: [{name: private, emptyDir: null, persistentVolumeClaim: {claimName: x}}]}",
    "spec.volumes[workspace]": "spec: {volumes: [{name: workspace, $patch: delete}]}",
    "spec.initContainers[shell]: the pod needs it": "spec: {initContainers: [{name: shell, $patch: delete}]}",
    "spec.initContainers[shell]: the pod needs it ": "spec: {initContainers: null}",
    "spec.initContainers[shell].command": SHELL.format("command: [sh]"),
    "spec.initContainers[shell].args": SHELL.format("args: [sh]"),
    "spec.initContainers[shell].restartPolicy": SHELL.format("restartPolicy: null"),
    "spec.initContainers[shell].lifecycle": SHELL.format("lifecycle: {}"),
    "spec.initContainers[shell].securityContext.privileged": SHELL.format("securityContext: {privileged: true}"),
    "spec.initContainers[shell].securityContext.capabilities": SHELL.format("securityContext: {capabilities: {add: [SYS_PTRACE]}}"),
    "spec.initContainers[shell].securityContext.allowPrivilegeEscalation": SHELL.format(
        "securityContext: {allowPrivilegeEscalation: true}"
    ),
    "spec.initContainers[shell].securityContext.runAsUser": SHELL.format("securityContext: {runAsUser: 1001}"),
    "spec.initContainers[shell].env[AIDEATOR_CHANNEL]": SHELL.format("env: [{name: AIDEATOR_CHANNEL, value: /x}]"),
    "spec.initContainers[shell].env[HOME]": SHELL.format("env: [{name: HOME, $patch: delete}]"),
    "spec.initContainers[shell].env[K]: it holds the providers' keys": SHELL.format(
        "env: [{name: K, valueFrom: {secretKeyRef: {name: aideator-keys, key: k}}}]"
    ),
    "spec.initContainers[shell].envFrom": SHELL.format("envFrom: [{secretRef: {name: aideator-keys}}]"),
    "spec.initContainers[shell].volumeMounts[/x]: the volume private is the agent's": SHELL.format(
        "volumeMounts: [{name: private, mountPath: /x}]"
    ),
    "spec.initContainers[shell].volumeMounts[/x]: the volume check-channel is the agent's": SHELL.format(
        "volumeMounts: [{name: check-channel, mountPath: /x}]"
    ),
    "spec.initContainers[shell].volumeMounts[/aideator]": SHELL.format("volumeMounts: [{mountPath: /aideator, readOnly: false}]"),
    "spec.initContainers[shell].volumeMounts[/workspace/repo]: it would cover": SHELL.format(
        "volumeMounts: [{name: mine, mountPath: /workspace/repo}]"
    ),
    "spec.initContainers[shell].volumeMounts[/aideator] ": SHELL.format("volumeMounts: [{name: mine, mountPath: /x/../aideator/}]"),
    "spec.containers[agent].image": AGENT.format("image: mine"),
    "spec.containers[agent].command": AGENT.format("command: [sh]"),
    "spec.containers[agent].envFrom": AGENT.format("envFrom: [{secretRef: {name: x}}]"),
    "spec.containers[agent].env[OPENAI_API_KEY]": AGENT.format("env: [{name: OPENAI_API_KEY, value: x, valueFrom: null}]"),
    "spec.containers[agent].env[PYTHONPATH]": AGENT.format("env: [{name: PYTHONPATH, value: /workspace/repo}]"),
    "spec.containers[agent].env[LD_PRELOAD]": AGENT.format("env: [{name: LD_PRELOAD, value: /workspace/x.so}]"),
    "spec.containers[agent].volumeMounts[/opt/aideator/lib]": AGENT.format("volumeMounts: [{name: mine, mountPath: /opt/aideator/lib}]"),
    "spec.containers[agent].volumeMounts[/]": AGENT.format("volumeMounts: [{name: mine, mountPath: /}]"),
    "spec.containers[agent].securityContext": AGENT.format("securityContext: {readOnlyRootFilesystem: false}"),
    "spec.containers[proxy]: it would keep the pod alive": "spec: {containers: [{name: proxy, image: x}]}",
    "spec.initContainers[db].securityContext.privileged": ADDED.format("securityContext: {privileged: true}"),
    "spec.initContainers[db].securityContext.capabilities.add": ADDED.format("securityContext: {capabilities: {add: [NET_ADMIN]}}"),
    "spec.initContainers[db].securityContext.runAsUser": ADDED.format("securityContext: {runAsUser: 0}"),
    "spec.initContainers[db].envFrom": ADDED.format("envFrom: [{secretRef: {name: aideator-keys}}]"),
    "spec.initContainers[db].volumeMounts[/x]: the volume private": ADDED.format("volumeMounts: [{name: private, mountPath: /x}]"),
    "spec.initContainers[db].ports": ADDED.format("ports: [{containerPort: 1, hostPort: 1}]"),
    "metadata.labels.run-id": "metadata: {labels: {run-id: x}}",
    "metadata.annotations.linkerd.io/inject": "metadata: {annotations: {linkerd.io/inject: enabled}}",
    "metadata.finalizers": "metadata: {finalizers: [x/y]}",
    # what is no patch of this pod
    "spec.initContainers[shel]: the pod has no container shel in initContainers; it has shell": (
        "spec: {initContainers: [{name: shel, env: []}]}"
    ),
    "spec.containers[proxy]: the pod has no container proxy in containers; it has agent": "spec: {containers: [{name: proxy, env: []}]}",
    "spec.containers[shell]: shell is in initContainers; put its part there": "spec: {containers: [{name: shell, env: []}]}",
    "spec.containers[shell]: shell is in initContainers; put its part there ": "spec: {containers: [{name: shell, image: x}]}",
    "spec.containers[check]: check is in initContainers; put its part there": "spec: {containers: [{name: check, image: x}]}",
    "spec.initContainers[agent]: agent is in containers; put its part there": "spec: {initContainers: [{name: agent, image: x}]}",
    "spec.initContainers: it takes a list": "spec: {initContainers: 5}",
    "spec.containers: it takes a list": "spec: {containers: {agent: {}}}",
    "spec.containers[0]: it takes a mapping with a name": "spec: {containers: [{image: x}]}",
    "spec.securityContext: it takes a mapping": "spec: {securityContext: 5}",
    "spec.$setElementOrder/containers: AIdeator does not know this directive": "spec: {$setElementOrder/containers: []}",
    "spec.$patch: AIdeator does not know this directive": "spec: {$patch: obliterate}",
}  # fmt: skip


@pytest.mark.parametrize(("path", "text"), REFUSED.items(), ids=REFUSED)
def test_what_would_undo_the_isolation_or_fits_no_pod_is_refused(path: str, text: str) -> None:
    with pytest.raises(AideatorError) as told:
        patched(text, checks="check" in text)
    assert told.value.code == ExitCode.USAGE
    assert f"the pod patch is refused at {path.strip()}" in told.value.message
    assert told.value.hint == "docs/pod.md lists what a patch may change"
