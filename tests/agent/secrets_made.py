"""Secrets that nobody has: made anew in each test, so that none stands in this repository."""

import random
import string

LETTERS = string.ascii_letters
WORD = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def made(count: int, alphabet: str = WORD, seed: int = 7) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=count))


def tokens() -> dict[str, str]:
    """By what they are called."""
    upper = string.ascii_uppercase + "234567"
    return {
        "an AWS access key": "AKIA" + made(16, upper),
        "a GitHub token": "ghp_" + made(36),
        "a GitLab token": "glpat-" + made(20),
        "a Slack token": "xoxb-" + made(11, string.digits) + "-" + made(24),
        "a Google API key": "AIza" + made(35),
        "an Anthropic key": "sk-ant-" + "api03-" + made(93),
        "an OpenAI key": "sk-proj-" + made(60),
        "an OpenRouter key": "sk-or-v1-" + made(64, HEX),
        "a Groq key": "gsk_" + made(52),
        "a Hugging Face token": "hf_" + made(34, LETTERS),
        "an npm token": "npm_" + made(36),
        "a PyPI token": "pypi-AgEI" + made(80),
        "a Stripe key": "sk_live_" + made(24),
        "a SendGrid key": "SG." + made(22) + "." + made(43),
        "a DigitalOcean token": "dop_v1_" + made(64, HEX),
        "a Databricks token": "dapi" + made(32, HEX),
        "a Telegram bot's token": made(9, string.digits) + ":AA" + made(33),
    }


def private_key(kind: str = "RSA ") -> str:
    body = "\n".join(made(64, WORD + "+/", seed) for seed in range(6))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\n"
