"""`image load` with the real programs: what buildah has is in the cluster's containerd afterwards, under its whole name."""

import shutil
import subprocess

import pytest

from tests.end_to_end.conftest import Place
from tests.fixtures.cluster import Cluster

NAME = "docker.io/library/aideator-test-load:dev"


def told(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def test_an_image_is_loaded_into_containerd(local_place: Place, cluster: Cluster) -> None:
    if not cluster.throw_away or not shutil.which("buildah"):
        pytest.skip("only the throw-away cluster's containerd can be reached, and buildah makes the image")
    socket = str(cluster.state / "run" / "containerd.sock")
    ctr = ("ctr", "--address", socket, "--namespace", "k8s.io", "images")
    container = told("buildah", "from", "scratch")
    try:
        told("buildah", "commit", "--rm", container, NAME)
        done = local_place.user.call(
            "image", "load", "--tool", "buildah", "--tag", NAME, "--into", f"containerd:{socket}"
        )
        assert (done.code, done.out.decode()) == (0, f"{NAME}\n"), done.err
        assert NAME in told(*ctr, "ls", "-q").splitlines()
    finally:
        told(*ctr, "rm", NAME)
        told("buildah", "rmi", NAME)
