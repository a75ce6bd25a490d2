"""A private repository in pods: what its Secret lacks is told before anything starts; the key opens it for git and nobody else."""

import json
from pathlib import Path

import pytest

from tests.agent.running import bash, call
from tests.end_to_end.conftest import _environment, cluster_environment
from tests.end_to_end.user import Done, User
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.forge import Forge, Forges


def script(secret: str) -> str:
    """Turns that look at the files, and hunt for a secret with a pattern that does not match itself."""
    pattern = f"{secret[:-1]}[{secret[-1]}]"
    hunt = f"cat /proc/[0-9]*/environ 2>/dev/null | grep -c '{pattern}'; grep -rls '{pattern}' /workspace /home /tmp /etc /run /var | wc -l"
    turns = [bash("cat a.py lib/lib.py"), bash(hunt), {"calls": [call("write_file", path="a.py", content="a = 2\n")]}]
    return json.dumps(turns)  # YAML, too


@pytest.fixture
def forge(forges: Forges, bridge_address: str) -> Forge:
    return forges(bridge_address)


@pytest.fixture
def user(forge: Forge, cluster: Cluster, namespace: str, agent_image: str, tmp_path: Path) -> User:
    """Somebody who has no credentials for the forge."""
    own = {"GIT_SSL_CAINFO": str(forge.certificate), "GIT_CONFIG_GLOBAL": str(tmp_path / "none")}
    own["GIT_SSH_COMMAND"] = f"ssh -F none -i none -o IdentityAgent=none -o UserKnownHostsFile={tmp_path}/none"
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image]
    more = ["--model", "scripted/script.yaml", "-n", "1", "--verify", "grep 2 a.py && grep 1 lib/lib.py", "--json"]
    return User(_environment(tmp_path) | cluster_environment(cluster) | own, [*options, *more], tmp_path)


def test_an_ssh_key_in_a_secret_opens_it_for_git_alone(
    forge: Forge, user: User, kubectl: Kubectl, namespace: str, tmp_path: Path
) -> None:
    lib = forge.add("lib", {"lib.py": "lib = 1\n"})
    forge.add("app", {"a.py": "a = 1\n", ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n'})
    base = forge.link("app", "lib", lib)
    (tmp_path / "key").write_text(forge.key("cluster"))
    secret = (tmp_path / "key").read_text().splitlines()[2][:40]
    (tmp_path / "script.yaml").write_text(script(secret))
    (tmp_path / "known_hosts").write_text(forge.known_hosts())
    create = ["create", "secret", "generic", "-n", namespace, f"--from-file=ssh-privatekey={tmp_path}/key"]
    kubectl(*create, "half-a-key")

    def refusal(url: str, *options: str) -> str:
        said = user.run(url, "Mend it.", *options)
        assert (said.code in (3, 5), said.out) == (True, b""), said.err
        return said.err

    url = forge.ssh_url("app")
    assert f"Secret git-key does not exist in namespace {namespace}" in refusal(url, "--git-secret", "git-key")
    assert "Secret half-a-key" in (said := refusal(url, "--git-secret", "half-a-key"))
    assert "has no known_hosts" in said
    assert f"{forge.url('app')} wants credentials, and Secret aideator-keys" in refusal(forge.url("app"))
    assert not kubectl.json("get", "jobs,configmaps", "-n", namespace, "-l", "app=aideator-agent")["items"]

    kubectl(*create, "git-key", f"--from-file=known_hosts={tmp_path}/known_hosts")
    for more in ((), ("--run-as", "4321")):  # a user id without a name, as a platform chooses it
        expect_repaired(user.run(url, "Mend it.", "--git-secret", "git-key", *more), base, secret)


def expect_repaired(done: Done, base: str, secret: str) -> None:
    assert done.code == 0, done.out[-3000:]
    (result,) = done.of("result")
    assert (result["outcome"], result["base"]) == ("succeeded", base)
    assert [check["exit_code"] for check in result["checks"] if check["on"] == "patch"] == [0], result
    events = [record["event"] for record in done.of("event")]
    assert "".join(event["text"] for event in events if event["type"] == "output").startswith("a = 1\nlib = 1\n0\n0\n")
    assert secret.encode() not in done.out
