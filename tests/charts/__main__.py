"""Writes the snapshots of the chart. `make chart`."""

import os
import tempfile
from pathlib import Path

from tests.charts.test_values import ENVIRONMENTS, SNAPSHOTS, snapshot
from tests.fixtures.chart import Helm, find_helm


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        helm = Helm(find_helm(), {**os.environ, "KUBECONFIG": f"{folder}/none"})
        for name in ("defaults", *ENVIRONMENTS, "everything", "nothing"):
            (SNAPSHOTS / f"{name}.yaml").write_text(snapshot(helm, name, Path(folder)))


if __name__ == "__main__":
    main()
