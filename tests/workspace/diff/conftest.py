from tests.workspace.conftest import _own_configuration, scene

__all__ = ["_own_configuration", "scene"]
