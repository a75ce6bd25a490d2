"""`aideator serve`: the actions over HTTP, with runs streamed as server-sent events. It owns the API's routes, who may call them, and who
gets which event. It must not know the command line; it decides nothing about runs, and shows nothing that the views don't know.

`aideator mcp` offers the same actions to a model, as tools. Only `serve` and `mcp` import it: what it needs comes with the extra `server`.
"""
