"""The forms of secrets that can be told from other text: tokens with a fixed beginning and length, and private keys.

Providers give their tokens such forms so that they can be found. What has no form of its own, such as a password, is not found here.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.values import frozen

LONGEST: Final = 2 * 1024 * 1024  # characters of a text that are searched
LEAST_ENTROPY: Final = 3.0  # bits a character; less is a placeholder
KEY_MARK: Final = "-----BEGIN "


@frozen
class Form:
    what: str  # for people, with its article
    marks: tuple[str, ...]  # one of which is in every such secret, or just before it
    text: str  # of the pattern, whose first group is the secret

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled where a text has one of the marks, which few have: all of them took a twentieth of an agent's start."""
        return re.compile(self.text)


@frozen
class Found:
    what: str
    value: str
    start: int
    end: int


def _form(what: str, marks: str, pattern: str) -> Form:
    """`marks`: separated by blanks. `pattern`: what stands at its ends must be no part of a longer word."""
    return Form(what, tuple(marks.split()), rf"(?<![\w-])({pattern})(?![\w-])")


FORMS: Final = (
    Form("a private key", (KEY_MARK,), (
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:\s{1,4}[\w-]{1,30}: [^\n]{1,100}){0,4}"
        r"((?:\\[nr]|[A-Za-z0-9+/=\s]){120,20000})-----END")),
    _form("an AWS access key", "AKIA ASIA", "A[KS]IA[A-Z2-7]{16}"),
    _form("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", "gh[pousr]_[A-Za-z0-9]{36,255}"),
    _form("a GitHub token", "github_pat_", "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _form("a GitLab token", "glpat- glrt- gldt- glptt-", r"gl(?:pat|rt|dt|ptt)-[\w.-]{20,300}"),
    _form("a Slack token", "xoxa- xoxb- xoxp- xoxr- xoxs- xoxo-", "xox[abprso]-[0-9]{8,}-[0-9A-Za-z-]{16,200}"),
    _form("a Slack webhook", "hooks.slack.com/services/", r"https://hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{24,}"),
    _form("a Discord webhook", "/api/webhooks/", r"https://discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[\w-]{60,80}"),
    _form("a Google API key", "AIza", r"AIza[\w-]{35}"),
    _form("a Google client secret", "GOCSPX-", r"GOCSPX-[\w-]{28}"),
    _form("an Anthropic key", "sk-ant-", r"sk-ant-(?:api|admin)[0-9]{2}-[\w-]{80,120}"),
    _form("an OpenAI key", "sk-proj- sk-svcacct- sk-admin-", r"sk-(?:proj|svcacct|admin)-[\w-]{40,200}"),
    _form("an OpenAI key", "T3BlbkFJ", "sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    _form("an OpenRouter key", "sk-or-v1-", "sk-or-v1-[0-9a-f]{64}"),
    _form("a Groq key", "gsk_", "gsk_[A-Za-z0-9]{52}"),
    _form("a Hugging Face token", "hf_", "hf_[A-Za-z]{34}"),
    _form("an npm token", "npm_", "npm_[A-Za-z0-9]{36}"),
    _form("a PyPI token", "pypi-AgEI", r"pypi-AgEI[\w-]{50,300}"),
    _form("a Docker token", "dckr_pat_", r"dckr_pat_[\w-]{27}"),
    _form("a Stripe key", "sk_live_ rk_live_", "[sr]k_live_[A-Za-z0-9]{24,120}"),
    _form("a SendGrid key", "SG.", r"SG\.[\w-]{22}\.[\w-]{43}"),
    _form("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", "do[opr]_v1_[0-9a-f]{64}"),
    _form("a Databricks token", "dapi", "dapi[0-9a-f]{32}"),
    _form("a Shopify token", "shpat_ shpca_ shppa_ shpss_", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _form("a Grafana token", "glsa_", "glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    _form("a Linear key", "lin_api_", "lin_api_[A-Za-z0-9]{40}"),
    _form("a New Relic key", "NRAK-", "NRAK-[A-Z0-9]{27}"),
    _form("a Vault token", "hvs.", r"hvs\.[\w-]{90,200}"),
    _form("a Telegram bot's token", ":AA", r"[0-9]{8,10}:AA[\w-]{33}"),
    _form("an age key", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    _form("an Azure storage key", "AccountKey=", r"(?<=AccountKey=)[A-Za-z0-9+/]{86}==") ,
)  # fmt: skip
MARKS: Final = tuple(dict.fromkeys(mark for form in FORMS for mark in form.marks))
_PLACEHOLDER: Final = lazy(
    r"example|dummy|fake|sample|placeholder|redacted|changeme|your[-_]?|xxxx|0{6}|1234567|abcdefg|test", re.IGNORECASE
)


def found(text: str) -> Iterator[Found]:
    """Yields what looks like a secret, in the order of the forms."""
    text = text[:LONGEST]
    for form in FORMS:
        if any(mark in text for mark in form.marks):
            for match in form.pattern.finditer(text):
                value = match.group(1)
                if not _is_placeholder(value):
                    yield Found(form.what, value, *match.span(1))


def _is_placeholder(value: str) -> bool:
    return _PLACEHOLDER.search(value[:300]) is not None or entropy(value) < LEAST_ENTROPY


def entropy(text: str) -> float:
    """Returns Shannon's, in bits a character."""
    total = len(text)
    return -sum(count / total * math.log2(count / total) for count in Counter(text).values())
