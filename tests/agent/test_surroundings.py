"""What the user puts around an agent: variables for commands and checks, a proxy, certificate authorities of the user's own."""

from pathlib import Path

import pytest

from aideator_agent.settings import CheckContainer, Settings
from aideator_agent.spec import Check, VariationSpec
from aideator_agent.surroundings import AUTHORITIES, enter, of_commands
from tests.agent.checks.checking import ran
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import GitServers, OpenAIServers
from tests.fixtures.tls import Authority

FETCH = "python3 -c 'import os, urllib.request as r; print(r.urlopen(os.environ[\"WHERE\"]).status)'"


@pytest.fixture
def agent(afresh: Agent) -> Agent:
    return afresh


def test_commands_and_checks_get_the_users_variables(agent: Agent, repository: LocalRepository) -> None:
    repository.commit({"a.py": "x\n"})
    spec = spec_of(
        str(repository.path),
        [bash('echo "$STAGE $(printenv MODE)"; echo y > b.py'), submit()],
        env={"STAGE": "two words $(id)", "MODE": "on"},
        checks=(Check("stage", 'test "$STAGE" = "two words \\$(id)" && test "$MODE" = on'),),
    )
    record = agent.run(spec)
    assert record.text("output").startswith("two words $(id) on\n")
    assert (ran(record, "base"), ran(record, "patch")) == ([("stage", 0)], [("stage", 0)])


def test_git_and_commands_go_through_the_proxy(agent: Agent, recording_proxy: tuple[str, list[str]]) -> None:
    url, asked = recording_proxy
    record = agent.run(spec_of("http://git.invalid/x.git", env={"HTTP_PROXY": url}))
    assert record.outcome[:2] == ("failed", "repository")
    assert asked[0].startswith("GET http://git.invalid/x.git/info/refs")
    assert of_commands(spec_of("x", env={"https_proxy": url}), "/x") == {"https_proxy": url, "HTTPS_PROXY": url}


def test_git_the_model_and_commands_trust_the_users_authority(
    agent: Agent, git_server: GitServers, openai_server: OpenAIServers, tmp_path: Path
) -> None:
    host = git_server()
    host.add("project", {"a.py": "x\n"})
    model = openai_server({"m": [bash(FETCH), submit()]})
    authority = Authority(tmp_path)
    with authority.before(host.url("project")) as repository, authority.before(model.url) as base:
        spec = spec_of(
            repository,
            variations=(VariationSpec(1, "openai/m", api_base=base),),
            env={"WHERE": f"{base}/models"},
            ca=authority.certificate.read_text(),
        )
        record = agent.run(spec, OPENAI_API_KEY="sk-0123456789abcdef")
        assert record.outcome[0] == "no_changes", record.end
        assert record.text("output").startswith("200\n")
        assert not agent.private.exists()
        refused = agent.run(spec_of(repository))
    assert refused.outcome[:2] == ("failed", "repository")
    assert "certificate" in refused.outcome[2]


def test_in_a_pod_commands_and_checks_find_the_authorities_where_they_can_only_read(tmp_path: Path) -> None:
    spec = spec_of("x", ca="-----BEGIN CERTIFICATE-----\nours\n")
    check = CheckContainer(tmp_path / "check", Path("/workspace"))
    settings = Settings(spec, spec.variations[0], "a", tmp_path, tmp_path, tmp_path / "channel", check)
    system = tmp_path / "system.pem"
    system.write_text("the system's")
    environment = {"SSL_CERT_FILE": str(system)}
    enter(settings, environment)
    for folder in (tmp_path / "channel", tmp_path / "check" / "channel"):
        assert (folder / "ca.crt").read_text() == "the system's\n-----BEGIN CERTIFICATE-----\nours\n"
    assert {environment[name] for name in AUTHORITIES} == {str(tmp_path / "channel" / "ca.crt")}
    assert of_commands(spec, "/aideator")["GIT_SSL_CAINFO"] == "/aideator/ca.crt"
