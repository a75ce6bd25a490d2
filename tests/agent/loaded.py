"""An interpreter that has loaded LiteLLM: an attempt that asks a model begins as its copy. LiteLLM takes seconds of CPU time to load."""

import json
import os
from collections.abc import Iterable

from aideator_agent.keys import HANDED_OVER
from tests.fixtures.copies import attend


def main() -> None:
    os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}  # as the agent does
    import httpcore  # noqa: F401
    import litellm.litellm_core_utils.default_encoding  # noqa: F401
    import openai.resources  # noqa: F401 -- as LiteLLM does with its first request

    import aideator_agent.session  # noqa: F401

    attend(lambda: hand_over([name for name in os.environ if name.endswith("_API_KEY")]))


def hand_over(names: Iterable[str]) -> None:
    """As the agent does when it begins again without the keys in its environment."""
    keys = {name: os.environ.pop(name) for name in names if name in os.environ}
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(json.dumps(keys).encode())
    os.environ[HANDED_OVER] = str(reader)


if __name__ == "__main__":
    main()
