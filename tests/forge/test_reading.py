"""Private repositories of a real forge: with a token or an ssh key, submodules included, or a sentence that says what to set."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from aideator_agent.spec import Check, Repository
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import locate
from tests.agent.checks.checking import ran
from tests.agent.checks.test_in_a_container import Pod, isolated
from tests.agent.checks.test_in_a_container import pod as pod  # noqa: PLC0414 -- a fixture
from tests.agent.running import Agent, Record, bash, spec_of, submit
from tests.fixtures.forge import Forge, Forges

LOOK = "cat a.py lib/lib.py"
HUNT = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c OPENSSH"


@pytest.fixture(scope="module")
def app(forges: Forges) -> str:
    """The commit of a private project with a private submodule, on the forge on loopback."""
    forge = forges("127.0.0.1")
    lib = forge.add("lib", {"lib.py": "lib = 1\n"})
    forge.add("app", {"a.py": "a = 1\n", ".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = ../lib.git\n'})
    return forge.link("app", "lib", lib)


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


@pytest.fixture
def nobody(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A user who trusts the forge's certificate, and has no credentials."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-gitconfig"))
    monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.certificate))
    monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -F none -i /none -o UserKnownHostsFile={tmp_path}/known_hosts")
    monkeypatch.delenv("GIT_TOKEN", raising=False)
    return monkeypatch


def refusal(url: str) -> AideatorError:
    with pytest.raises(AideatorError) as caught:
        locate(url, None, from_pods=False)
    return caught.value


def test_the_user_is_told_what_to_set(forge: Forge, app: str, nobody: pytest.MonkeyPatch) -> None:
    wants = refusal(forge.url("app"))
    assert (wants.message, wants.code) == (
        f"repository {forge.url('app')} wants credentials (or does not exist)",
        ExitCode.REFUSED,
    )
    nobody.setenv("GIT_TOKEN", "0" * 40)
    assert f"repository {forge.url('app')} does not accept GIT_TOKEN" in refusal(forge.url("app")).message
    nobody.setenv("GIT_TOKEN", forge.token)
    assert locate(forge.url("app"), None, from_pods=False).base == app
    assert refusal(forge.url("nothing")).code is ExitCode.NOT_FOUND
    nobody.delenv("GIT_SSL_CAINFO")
    assert "is not trusted" in refusal(forge.url("app")).message


def test_the_user_of_ssh_is_told_too(forge: Forge, app: str, nobody: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = forge.ssh_url("app")
    ssh = f"ssh -F none -o IdentityAgent=none -o IdentitiesOnly=yes -o UserKnownHostsFile={tmp_path}/known_hosts"
    nobody.setenv("GIT_SSH_COMMAND", f"{ssh} -i /none")
    assert "the host key of 127.0.0.1" in refusal(url).message
    (tmp_path / "known_hosts").write_text(forge.known_hosts())
    assert "wants an ssh key, and none of yours opens it" in refusal(url).message
    (tmp_path / "key").write_text(forge.key("told"))
    (tmp_path / "key").chmod(0o600)
    nobody.setenv("GIT_SSH_COMMAND", f"{ssh} -i {tmp_path}/key")
    assert locate(url, None, from_pods=False).base == app
    assert refusal(forge.ssh_url("nothing")).code in (ExitCode.NOT_FOUND, ExitCode.REFUSED)


def test_a_token_opens_the_repository_its_submodules_and_what_sparse_left_out(
    forge: Forge, app: str, agent: Agent
) -> None:
    forge.add("large", {"api/a.py": "a\n", "web/b.js": "b\n"})
    given = {"GIT_TOKEN": forge.token, "GIT_SSL_CAINFO": str(forge.certificate)}
    record = agent.run(spec_of(forge.url("app"), [bash(LOOK), submit()], base=app), **given)
    assert record.text("output") == "a = 1\nlib = 1\n"
    asked = Repository(forge.url("large"), sparse=("api",), depth=1)
    turns = [bash("mkdir web; echo c > web/b.js; ls api"), submit()]
    record = agent.run(spec_of("", turns, repository=asked, checks=(Check("see", "cat api/a.py web/b.js"),)), **given)
    assert b"-b\n+c\n" in record.patch
    assert ran(record, "patch") == [("see", 0)]
    assert forge.token.encode() not in b"".join(record.lines)


def test_without_a_token_a_submodule_is_named(forge: Forge, app: str, agent: Agent) -> None:
    forge.add("open", {".gitmodules": f'[submodule "lib"]\n\tpath = lib\n\turl = {forge.url("lib")}\n'}, private=False)
    forge.link("open", "lib", app)
    record = agent.run(spec_of(forge.url("open"), [submit()]), GIT_SSL_CAINFO=str(forge.certificate))
    assert f"submodule lib ({forge.url('lib')}): it asks for credentials: set GIT_TOKEN" in record.end["reason"]


@pytest.mark.skipif(not shutil.which("git-lfs"), reason="git-lfs is not installed")
def test_what_git_lfs_has_is_fetched_with_the_same_token(forge: Forge, agent: Agent) -> None:
    forge.add("large", {"plain": "p\n"})
    large, small = b"large\0" * 50_000, b"elsewhere"
    files = {"docs/a.bin": forge.put_large("large", large), "other/b.bin": forge.put_large("large", small)}
    forge.add("large", {".gitattributes": "*.bin filter=lfs -text\n", "api/c": "c\n", **files})
    look = "export LC_ALL=C; cksum docs/a.bin | cut -d' ' -f2; ls; git status --porcelain"
    asked = Repository(forge.url("large"), sparse=("docs", "api"))
    given = {"GIT_TOKEN": forge.token, "GIT_SSL_CAINFO": str(forge.certificate)}
    turns = [bash(look), bash("echo d > api/c"), submit()]
    record = agent.run(spec_of("", turns, repository=asked, checks=(Check("look", look),)), **given)
    assert not record.notices(), record.notices()
    assert record.text("output") == f"{len(large)}\nREADME.md\napi\ndocs\nplain\n"
    assert record.of("patch")[-1]["files"] == 1
    assert record.of("check")[-1]["tail"].startswith(f"{len(large)}\n")
    assert not record.notices("info")
    forge.add(
        "public",
        {".gitattributes": "*.bin filter=lfs -text\n", ".lfsconfig": lfs_of(forge.url("large")), **files},
        private=False,
    )
    stranger = agent.run(
        spec_of(forge.url("public"), [bash("head -c 7 docs/a.bin"), submit()]), GIT_SSL_CAINFO=given["GIT_SSL_CAINFO"]
    )
    assert stranger.text("output") == "version"
    assert "2 files in Git LFS are pointers and not the content" in stranger.notices("info")
    wrong = agent.run(spec_of(forge.url("public"), [submit()]), **{**given, "GIT_TOKEN": "0" * 40})
    assert "2 files in Git LFS are pointers and not the content" in wrong.notices("info")


def lfs_of(url: str) -> str:
    return f"[lfs]\n\turl = {url}/info/lfs\n"


class TestPod:
    """As in a pod: nobody's configuration, a key from the environment, commands in a container of their own."""

    def run(self, agent: Agent, pod: Pod, url: str, given: Mapping[str, str], *commands: str) -> Record:
        environment = {**pod.environment, **given}
        del environment["GIT_TOKEN"]
        return agent.run(spec_of(url, [*map(bash, commands), submit()]), **environment)

    @isolated
    def test_an_ssh_key_opens_it_and_is_nowhere_to_be_found(
        self, forge: Forge, app: str, agent: Agent, pod: Pod
    ) -> None:
        given = {"AIDEATOR_SSH_KEY": forge.key("pod"), "AIDEATOR_KNOWN_HOSTS": forge.known_hosts()}
        hunt = (
            f"{HUNT}; grep -rl 'OPENSSH PRIVATE' {agent.folder} | grep -v -e spec.json -e channel; ls {agent.private}"
        )
        record = self.run(agent, pod, forge.ssh_url("app"), given, LOOK, hunt, "echo b > a.py")
        assert record.outcome == ("succeeded", None, ""), record.end
        assert record.end["base"] == app
        assert record.text("output") == "a = 1\nlib = 1\n0\ngit\nmodules\n"
        assert given["AIDEATOR_SSH_KEY"].splitlines()[2].encode() not in b"".join(record.lines)

    @isolated
    @pytest.mark.usefixtures("app")
    def test_what_is_missing_is_named(self, forge: Forge, agent: Agent, pod: Pod) -> None:
        key, known = forge.key("deploy", "lib"), forge.known_hosts()
        stranger = known.replace(f":{forge.ssh_port} ", ":1 ").replace(f"]:{forge.ssh_port}", "]:1")
        for given, words in (
            ({"AIDEATOR_KNOWN_HOSTS": known}, "--git-secret names a Secret with the entry ssh-privatekey"),
            ({"AIDEATOR_SSH_KEY": key, "AIDEATOR_KNOWN_HOSTS": stranger}, "the host key of 127.0.0.1"),
            ({"AIDEATOR_SSH_KEY": key}, "entry known_hosts of the Secret that --git-secret names must have it"),
            (
                {"AIDEATOR_SSH_KEY": key, "AIDEATOR_KNOWN_HOSTS": known},
                "access was denied: the ssh key does not open it",
            ),
        ):
            record = self.run(agent, pod, forge.ssh_url("app"), given)
            assert record.outcome[:2] == ("failed", "repository")
            assert words in record.end["reason"], record.end["reason"]
            for folder in (agent.private, agent.workspace):
                assert not folder.exists() or not list(folder.iterdir())
