"""A token is given to the host that it is for, and to nobody else."""

import pytest

from aideator_cli.actions.forges.tokens import token_for, without_others

ALL = {
    "GH_TOKEN": "hub",
    "GH_ENTERPRISE_TOKEN": "enterprise",
    "GITLAB_TOKEN": "lab",
    "GITEA_TOKEN": "tea",
    "PATH": "/bin",
}
WHERE = {
    "GH_HOST": "hub.example", "GITLAB_HOST": "https://lab.example", "CI_SERVER_URL": "https://ci.example:8443",
    "GITEA_SERVER_URL": "https://tea.example",
}  # fmt: skip


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("github.com", ("GH_TOKEN", "hub")),
        ("team.ghe.com", ("GH_TOKEN", "hub")),
        ("hub.example", ("GH_ENTERPRISE_TOKEN", "enterprise")),
        ("gitlab.com", ("GITLAB_TOKEN", "lab")),
        ("lab.example", ("GITLAB_TOKEN", "lab")),
        ("ci.example:8443", ("GITLAB_TOKEN", "lab")),
        ("tea.example", ("GITEA_TOKEN", "tea")),
        ("evil.example", None),
        ("github.com.evil.example", None),
        ("evilghe.com", None),
    ],
)
def test_the_forges_own_variable_is_for_its_own_host(host: str, expected: tuple[str, str] | None) -> None:
    assert token_for(host, {**ALL, **WHERE}) == expected
    given = {
        name for name in without_others(host, {**ALL, **WHERE}) if name.endswith("_TOKEN") and name != "GITEA_TOKEN"
    }
    assert given <= ({expected[0]} if expected else set())
    assert without_others(host, ALL)["PATH"] == "/bin"


def test_git_token_is_for_the_host_that_the_user_names() -> None:
    assert token_for("any.example", {"GIT_TOKEN": " mine\n"}) == ("GIT_TOKEN", "mine")
    assert token_for("github.com", {**ALL, "GIT_TOKEN": "mine"}) == ("GIT_TOKEN", "mine")
    assert token_for("github.com", {"GITHUB_TOKEN": "job", "GIT_TOKEN": ""}) == ("GITHUB_TOKEN", "job")


def test_in_a_job_of_github_enterprise_server_the_jobs_token_is_for_that_server() -> None:
    job = {"GITHUB_SERVER_URL": "https://hub.example", "GITHUB_TOKEN": "job"}
    assert token_for("hub.example", job) == ("GITHUB_TOKEN", "job")
    assert token_for("other.example", job) is None
