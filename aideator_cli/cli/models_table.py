"""Writes models.json, the small table of models that the command-line tool reads, from the LiteLLM that is installed.

    python -m aideator_cli.cli.models_table            writes it
    python -m aideator_cli.cli.models_table --check    exit 1 when it is not what LiteLLM says

The tool itself never imports LiteLLM (2.5 s, 185 MB). Run this module after you change the pinned version.
"""

import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

TABLE: Final = Path(__file__).parents[1] / "intake" / "models.json"

# All listed variables are needed. If LiteLLM accepts one of several, this has the one in the provider's documentation.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "ai21": ("AI21_API_KEY",),
    "ai21_chat": ("AI21_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure": ("AZURE_API_KEY", "AZURE_API_BASE", "AZURE_API_VERSION"),
    "azure_ai": ("AZURE_AI_API_KEY", "AZURE_AI_API_BASE"),
    "baseten": ("BASETEN_API_KEY",),
    "bedrock": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "bedrock_mantle": ("BEDROCK_MANTLE_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cloudflare": ("CLOUDFLARE_API_KEY", "CLOUDFLARE_API_BASE"),
    "codestral": ("CODESTRAL_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "cohere_chat": ("COHERE_API_KEY",),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "databricks": ("DATABRICKS_API_KEY", "DATABRICKS_API_BASE"),
    "datarobot": ("DATAROBOT_API_TOKEN",),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "edenai": ("EDENAI_API_KEY",),
    "featherless_ai": ("FEATHERLESS_AI_API_KEY",),
    "fireworks_ai": ("FIREWORKS_AI_API_KEY",),
    "friendliai": ("FRIENDLI_TOKEN",),
    "gemini": ("GEMINI_API_KEY",),
    "gigachat": ("GIGACHAT_API_KEY",),
    "github": ("GITHUB_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "heroku": ("HEROKU_API_KEY", "HEROKU_API_BASE"),
    "hosted_vllm": (),
    "huggingface": ("HUGGINGFACE_API_KEY",),
    "hyperbolic": ("HYPERBOLIC_API_KEY",),
    "inception": ("INCEPTION_API_KEY",),
    "lambda_ai": ("LAMBDA_API_KEY",),
    "lemonade": (),
    "litellm_proxy": ("LITELLM_PROXY_API_KEY", "LITELLM_PROXY_API_BASE"),
    "llamafile": (),
    "lm_studio": (),
    "meta_llama": ("LLAMA_API_KEY",),
    "minimax": ("MINIMAX_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "modelscope": ("MODELSCOPE_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nebius": ("NEBIUS_API_KEY",),
    "novita": ("NOVITA_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "ollama": (),
    "ollama_chat": (),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "ovhcloud": ("OVHCLOUD_API_KEY",),
    "perplexity": ("PERPLEXITYAI_API_KEY",),
    "qwen_ai_platform": ("QWEN_AI_PLATFORM_API_KEY",),
    "qwencloud": ("QWENCLOUD_API_KEY",),
    "replicate": ("REPLICATE_API_KEY",),
    "sambanova": ("SAMBANOVA_API_KEY",),
    "snowflake": ("SNOWFLAKE_JWT", "SNOWFLAKE_ACCOUNT_ID"),
    "tencent": ("TENCENT_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY",),
    "v0": ("V0_API_KEY",),
    "vercel_ai_gateway": ("VERCEL_AI_GATEWAY_API_KEY",),
    "vertex_ai": ("VERTEXAI_PROJECT", "VERTEXAI_LOCATION"),
    "volcengine": ("VOLCENGINE_API_KEY",),
    "wandb": ("WANDB_API_KEY",),
    "watsonx": ("WATSONX_APIKEY", "WATSONX_URL", "WATSONX_PROJECT_ID"),
    "xai": ("XAI_API_KEY",),
    "zai": ("ZAI_API_KEY",),
}

# The hosts of providers' APIs that LiteLLM does not name; a provider whose address is among its keys has none of its own.
HOSTS: Final[Mapping[str, str]] = {
    "ai21": "api.ai21.com",
    "anthropic": "api.anthropic.com",
    "cohere": "api.cohere.com",
    "cohere_chat": "api.cohere.com",
    "gemini": "generativelanguage.googleapis.com",
    "huggingface": "router.huggingface.co",
    "minimax": "api.minimax.io",
    "ollama_chat": "localhost",
    "openai": "api.openai.com",
    "openrouter": "openrouter.ai",
    "replicate": "api.replicate.com",
}

# What to suggest to someone who has the provider's key; of the others, the first name in the table.
EXAMPLES: Final[Mapping[str, str]] = {
    "anthropic": "claude-sonnet-4-5",
    "openai": "gpt-5",
    "gemini": "gemini/gemini-2.5-pro",
    "deepseek": "deepseek/deepseek-chat",
    "mistral": "mistral/devstral-latest",
    "groq": "groq/openai/gpt-oss-120b",
    "openrouter": "openrouter/anthropic/claude-sonnet-4.5",
}


def table() -> dict[str, Any]:
    """The whole table: {litellm, providers: {name: {keys, host?, example?, bare, prefixed}}}.

    `bare` holds models that LiteLLM knows by their name alone, `prefixed` those that need `provider/`; the value of each is
    [input, output, cached, context, max_output]: USD a million tokens and tokens, null where unknown, trailing nulls left out.
    """
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = (
        "True"  # set before LiteLLM's import, so that it uses its bundled map and no network
    )
    providers = {name: _provider(name, keys) for name, keys in sorted(({**_registered(), **KEYS}).items())}
    for name, facts in _tool_callers():
        provider = _resolved(name, facts)
        if provider in providers:
            prefix = f"{provider}/"
            kind = "prefixed" if name.startswith(prefix) else "bare"
            providers[provider][kind][name.removeprefix(prefix)] = _numbers(facts)
    for entry in providers.values():  # a name that is known without its prefix is also accepted with it
        entry["prefixed"] = {n: row for n, row in sorted(entry["prefixed"].items()) if n not in entry["bare"]}
        entry["bare"] = dict(sorted(entry["bare"].items()))
    return {"litellm": version("litellm"), "providers": providers}


def _provider(name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    example = {"example": EXAMPLES[name]} if name in EXAMPLES else {}
    found = _host(name)
    host = {"host": found} if found else {}
    return {"keys": list(keys), **host, **example, "bare": {}, "prefixed": {}}


def _host(provider: str) -> str | None:
    import litellm

    if provider in HOSTS:
        return HOSTS[provider]
    try:
        address = litellm.get_llm_provider(f"{provider}/model")[3]
    except litellm.exceptions.BadRequestError:
        return None
    return urlsplit(str(address)).hostname if address else None


def _registered() -> dict[str, tuple[str, ...]]:
    """The OpenAI-compatible providers that LiteLLM describes in a file of its own."""
    text = files("litellm").joinpath("llms/openai_like/providers.json").read_text(encoding="utf-8")
    return {name: (facts["api_key_env"],) for name, facts in json.loads(text).items()}


def _tool_callers() -> list[tuple[str, dict[str, Any]]]:
    """Returns chat models that call tools, with LiteLLM's data. Models that need a browser login do not work in a pod."""
    import litellm

    litellm.suppress_debug_info = True
    return [
        (name, facts)
        for name, facts in litellm.model_cost.items()
        if facts.get("mode") in ("chat", "responses")
        and facts.get("supports_function_calling")
        and facts["litellm_provider"] not in ("github_copilot", "chatgpt")
    ]


def _resolved(name: str, facts: Mapping[str, Any]) -> str | None:
    """Returns the provider to which LiteLLM sends this name. None if there is none, or it differs from the one in `facts`."""
    import litellm

    try:
        provider = str(litellm.get_llm_provider(name)[1])
    except litellm.exceptions.BadRequestError:
        return None
    described = str(facts["litellm_provider"])
    return provider if described in (provider, f"{provider}_converse") or described.startswith(f"{provider}-") else None


def _numbers(facts: Mapping[str, Any]) -> list[float | None]:
    names = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
    row: list[float | None] = [_per_million(facts.get(name)) for name in names]
    sizes = (facts.get("max_input_tokens") or facts.get("max_tokens"), facts.get("max_output_tokens"))
    row += [tokens if isinstance(tokens, int) else None for tokens in sizes]
    while row and row[-1] is None:
        row.pop()
    return row


def _per_million(price: float | None) -> float | None:
    if price is None:
        return None
    value = round(price * 1_000_000, 6)
    return int(value) if value == int(value) else value


def text(data: Mapping[str, Any]) -> str:
    """The table as JSON with one model a line, so that a new LiteLLM shows as a readable difference."""
    providers = [f"{json.dumps(name)}: {_entry(entry)}" for name, entry in data["providers"].items()]
    return f'{{"litellm": {json.dumps(data["litellm"])}, "providers": {{\n' + ",\n".join(providers) + "\n}}\n"


def _entry(entry: Mapping[str, Any]) -> str:
    head = {key: value for key, value in entry.items() if key not in ("bare", "prefixed")}
    return json.dumps(head)[:-1] + "".join(f', "{kind}": {_rows(entry[kind])}' for kind in ("bare", "prefixed")) + "}"


def _rows(rows: Mapping[str, list[float | None]]) -> str:
    lines = [f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m aideator_cli.cli.models_table [--check]\n")
        return 2
    wanted = text(table())
    if not arguments:
        TABLE.write_text(wanted, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != wanted:
        sys.stderr.write(
            "models.json is not what the installed LiteLLM says: python -m aideator_cli.cli.models_table\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
