"""What a cluster has and this machine lacks is found, and what it holds of old runs is deleted without losing them."""

from tests.end_to_end.conftest import Place
from tests.faults import work


def test_runs_of_another_machine_are_listed_and_their_objects_deleted_while_the_runs_stay(
    kubernetes_place: Place,
) -> None:
    place = kubernetes_place
    assert place.kubectl is not None
    run = work.start(place, work.model(place, [work.bash("echo made > made")]))
    assert place.user.call("wait", run).code == 0
    other = work.elsewhere(place)
    assert other.call("list", "--json").records == []
    asked = other.call("list", "--cluster", *work.there(place), "--json")
    assert [(each["run"], each["state"], each["cluster_user"]) for each in asked.records] == [(run, "ended", None)], (
        asked.err
    )
    assert f"1 run of {asked.records[0]['where']} is new here" in asked.err
    assert other.call("list", "--json").records == asked.records, "from now on it is known"

    before = place.user.call("logs", run, "--json").out
    words = ("prune", "--keep", "0", "--only", "objects")
    assert [each["run"] for each in place.user.call(*words, "--json").records] == [run]
    done = place.user.call(*words, "--yes")
    assert (done.code, done.err) == (0, "the Jobs and ConfigMaps of 1 run are deleted\n")
    place.kubectl("wait", "--for=delete", "configmap", f"agent-{run}", "-n", place.namespace, "--timeout=60s")
    assert place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name") == ""
    assert place.user.call("logs", run, "--json").out == before
    assert b"+made" in place.user.call("diff", f"{run}/1").out
    assert "pruned objects" in place.user.call("show", run).out.decode()
    assert place.user.call("watch", run, "--json").code == 0
    assert place.user.call("delete", run, "--yes").code == 0
