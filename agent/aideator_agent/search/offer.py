"""The tool as a model sees it."""

from typing import Final

from aideator_agent.mcp.offer import Offer
from aideator_agent.spec import SEARCH

SERVER: Final = "repository"  # as agents that are programs call it
DESCRIPTION: Final = (
    "Finds code by words or identifiers: ranks the repository's files by their text, names and definitions, and shows the best lines with"
    " their numbers. Words in double quotes must stand in the file as they are. `path`: a folder or file to search. Without `query`: a map"
    " of the repository."
)
LONGEST: Final = 2000  # characters of a query or a path
TYPES: Final = {"query": "string", "path": "string"}
OFFER: Final = Offer("aideator-search", SEARCH, DESCRIPTION, tuple(TYPES), longest=LONGEST)
