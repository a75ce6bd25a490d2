"""The types of everything that `--json` prints, and the JSON Schemas made from them (docs/schemas).

It knows nothing of how a line comes to be, and imports only `typing`, so that a server can use the same types.
"""
