"""A real language model on this machine: llama.cpp's server with SmolLM2 of 135 million parameters, from PyPI."""
