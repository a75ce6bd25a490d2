"""What looks like a secret and is about to go to the model: it is said, and withheld if the user wishes so."""

import subprocess
import time
from pathlib import Path

import pytest

from aideator_agent import secret_forms
from tests.agent.running import Agent, Record, call, spec_of, submit
from tests.agent.secrets_made import made, private_key, tokens
from tests.fixtures.repositories import LocalRepository

ROOT = Path(__file__).parents[2]


@pytest.fixture
def agent(afresh: Agent) -> Agent:
    return afresh


def names(text: str) -> list[str]:
    return [each.what for each in secret_forms.found(text)]


@pytest.mark.parametrize("what", tokens())
@pytest.mark.parametrize("around", ["{}", 'key = "{}"', "KEY={}\nOTHER=1", "https://x/?token={}&a=b", "[{}]"])
def test_a_token_is_found_whatever_stands_around_it(what: str, around: str) -> None:
    token = tokens()[what]
    (each,) = secret_forms.found(around.format(token))
    assert (each.what, each.value) == (what, token)


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
def test_a_private_key_is_found_in_its_file_and_in_a_string(kind: str) -> None:
    assert names(private_key(kind)) == ["a private key"]
    header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n"
    assert names(private_key(kind).replace("KEY-----\n", f"KEY-----\n{header}", 1)) == ["a private key"]
    assert names(f'{{"key": "{private_key(kind)}"}}'.replace("\n", "\\n")) == ["a private key"]


@pytest.mark.parametrize(
    "text",
    [
        "ghp_" + "x" * 36, "AKIAIOSFODNN7EXAMPLE", "sk-proj-your-key-goes-here-and-it-is-very-long-indeed-yes",
        "ghp_" + made(20), "x" + "ghp_" + made(36), "ghp_" + made(36) + "_" + made(36) + made(200), "task-ant-api03-" + made(93),
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----\n" + made(400),
        "-----BEGIN PUBLIC KEY-----\n" + made(400), "sha512-" + made(86) + "==", made(5000), "a" * 100_000,
    ],
)  # fmt: skip
def test_what_only_resembles_a_secret_is_none(text: str) -> None:
    assert names(text) == []


def test_nothing_in_this_repository_is_taken_for_a_secret() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    taken = {
        file: names(file.read_text(errors="replace")) for file in files if file.is_file() and not file.is_symlink()
    }
    assert {file: found for file, found in taken.items() if found} == {}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----" * 60_000, "ghp_" * 500_000, "eyJ" + "a" * 2_000_000, "sk-ant-api03-" + "-" * 2_000_000,
        "-----BEGIN " + "A" * 2_000_000, "SG." * 600_000,
        f"-----BEGIN PRIVATE KEY-----{'A' * 19_000}" * 100,
    ],
)  # fmt: skip
def test_a_hostile_text_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    names(text)
    assert time.process_time() - began < 3


def read(agent: Agent, repository: LocalRepository, *, withhold: bool) -> tuple[Record, str]:
    token = tokens()["a GitHub token"]
    repository.commit({"config.py": f'TOKEN = "{token}"\n'})
    turns = [
        {"calls": [call("read_file", path="config.py")]},
        {"calls": [call("read_file", path="config.py")]},
        submit(),
    ]
    return agent.run(spec_of(str(repository.path), turns, withhold_secrets=withhold)), token


def test_a_secret_that_goes_to_the_model_is_said_once_without_its_value(
    agent: Agent, repository: LocalRepository
) -> None:
    record, token = read(agent, repository, withhold=False)
    assert (
        record.notices("warning")
        == "What looks like a GitHub token is in a tool's result and goes to the model's host."
    )
    assert token in record.text("sent")
    said = next(n for n, event in enumerate(record.events) if event["type"] == "notice" and event["level"] == "warning")
    sent = next(n for n, event in enumerate(record.events) if event["type"] == "sent" and token in event["text"])
    assert said < sent


def test_a_secret_is_withheld_if_the_user_wishes_so(agent: Agent, repository: LocalRepository) -> None:
    record, token = read(agent, repository, withhold=True)
    assert "it is withheld from the model" in record.notices("warning")
    assert token not in record.text("sent")
    assert "TOKEN = " in record.text("sent")
    assert "[withheld: a GitHub token]" in record.text("sent")
