from tests.end_to_end.conftest import kubernetes_place, local_place, place

__all__ = ["kubernetes_place", "local_place", "place"]
