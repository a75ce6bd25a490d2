"""Which cluster: as kubectl would choose it."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aideator_cli.backends.kubernetes import KubernetesBackend, kubeconfig
from aideator_cli.errors import AideatorError, ExitCode


def config(path: Path, *, current: str | None = None, **contexts: str) -> Path:
    """A kubeconfig whose contexts lead to these servers."""
    data = {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in contexts],
        "clusters": [{"name": name, "cluster": {"server": server}} for name, server in contexts.items()],
        "users": [{"name": name, "user": {"token": f"of {path.name}"}} for name in contexts],
    }
    path.write_text(yaml.safe_dump(data | ({"current-context": current} if current else {})))
    return path


def test_over_several_files_the_first_that_names_a_thing_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = config(tmp_path / "first", dev="https://first", shared="https://first-shared")
    second = config(tmp_path / "second", current="shared", shared="https://second-shared", prod="https://prod")
    third = config(tmp_path / "third", current="prod")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{first}::{second}:{third}")

    assert kubeconfig.current_context() == "shared"
    loaded = kubeconfig.load()
    assert loaded is not None
    target = kubeconfig.choose(loaded, None)
    assert (target.context, target.cluster.fields["server"]) == ("shared", "https://first-shared")
    assert target.user.fields["token"] == "of first"
    assert kubeconfig.choose(loaded, "prod").cluster.fields["server"] == "https://prod"


def test_paths_in_a_file_start_from_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    config(folder / "config", current="dev", dev="https://dev")
    monkeypatch.setenv("KUBECONFIG", str(folder / "config"))
    loaded = kubeconfig.load()
    assert loaded is not None
    assert kubeconfig.choose(loaded, None).cluster.folder == folder


def test_a_context_that_does_not_exist_is_told_with_those_that_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "KUBECONFIG", str(config(tmp_path / "config", current="dev", dev="https://dev", prod="https://prod"))
    )
    with pytest.raises(AideatorError) as told:
        KubernetesBackend.connect("staging", None)
    assert "'staging'" in told.value.message
    assert told.value.hint == "choose one of these: dev, prod"
    assert told.value.code == ExitCode.UNAVAILABLE


def test_without_a_kubeconfig_the_local_backend_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "absent"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert kubeconfig.current_context() is None
    with pytest.raises(AideatorError) as told:
        KubernetesBackend.connect(None, None)
    assert told.value.code == ExitCode.UNAVAILABLE
    assert "--backend local" in (told.value.hint or "")


def test_a_kubeconfig_without_a_current_context_lists_its_contexts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(config(tmp_path / "config", dev="https://dev")))
    assert kubeconfig.current_context() is None
    with pytest.raises(AideatorError, match="no current context") as told:
        KubernetesBackend.connect(None, None)
    assert "dev" in (told.value.hint or "")


@pytest.mark.parametrize("text", ["a: [", "- just\n- a list\n", "\x00"])
def test_a_broken_kubeconfig_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(path))
    with pytest.raises(AideatorError) as told:
        kubeconfig.current_context()
    assert str(path) in told.value.message


def test_a_context_whose_user_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config(tmp_path / "config", current="dev", dev="https://dev")
    data = yaml.safe_load(path.read_text())
    data["users"] = []
    path.write_text(yaml.safe_dump(data))
    monkeypatch.setenv("KUBECONFIG", str(path))
    with pytest.raises(AideatorError, match="user 'dev'"):
        KubernetesBackend.connect(None, None)


def test_the_namespace_is_the_contexts_unless_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = config(tmp_path / "config", current="dev", dev="https://dev")
    monkeypatch.setenv("KUBECONFIG", str(path))
    assert KubernetesBackend.connect(None, None).where == "dev/default"
    data = yaml.safe_load(path.read_text())
    data["contexts"][0]["context"]["namespace"] = "team"
    path.write_text(yaml.safe_dump(data))
    assert KubernetesBackend.connect(None, None).where == "dev/team"
    assert KubernetesBackend.connect(None, "mine").where == "dev/mine"


def test_asking_for_the_current_context_loads_no_client(tmp_path: Path) -> None:
    program = "import sys; from aideator_cli.backends.kubernetes.kubeconfig import current_context as c; c(); print(*sys.modules)"
    path = config(tmp_path / "config", current="dev", dev="https://dev")
    done = subprocess.run(
        [sys.executable, "-c", program], env={"KUBECONFIG": str(path)}, capture_output=True, text=True, check=True
    )
    assert not {"kubernetes", "urllib3", "jinja2", "http.client"} & set(done.stdout.split())
