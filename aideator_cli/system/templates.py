"""Renders templates: the only module that uses Jinja2."""

import json
import marshal
import os
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

from jinja2 import BytecodeCache, Environment, FunctionLoader, StrictUndefined
from jinja2.bccache import Bucket, bc_version

from aideator_cli.text.clean import clean

# Characters that YAML does not allow raw in double quotes, besides JSON's own escapes. Plain ASCII JSON is no
# alternative: it writes an emoji as two escapes, which YAML reads as two broken characters.
_NOT_YAML: Final = "[^\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"


def render(template: str, values: Mapping[str, Any]) -> str:
    """Renders `templates/TEMPLATE`. A value that the template uses but `values` lacks is an error."""
    return _environment().get_template(template).render(values)


def render_html(template: str, values: Mapping[str, Any]) -> str:
    """Renders HTML: every value is cleaned (clean.py) and escaped where the template writes it."""
    return _html_environment().get_template(template).render(values)


def as_json(value: object) -> str:
    """Returns JSON on one line that is also YAML with the same meaning, whatever text it contains."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=_refuse)
    return text if text.isascii() and text.isprintable() else re.sub(_NOT_YAML, _escaped, text)


def _refuse(value: object) -> object:
    raise TypeError(f"{value} has no JSON")  # a missing value raises by itself when it becomes text


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


@cache
def _environment() -> Environment:
    # Plain text: foreign text goes through the filter `json`.
    environment = _made(trim_blocks=False, keep_trailing_newline=True, bytecode_cache=_Compiled())
    environment.filters["json"] = as_json
    return environment


@cache
def _html_environment() -> Environment:
    environment = _made(autoescape=True, finalize=_cleaned, trim_blocks=True, lstrip_blocks=True)
    environment.filters["digest"] = _digest
    return environment


class _Compiled(BytecodeCache):
    """Keeps the code of a template where and when Python keeps that of a module: compiling the Job's takes 18 ms.

    What can't be read or written costs time, and nothing else.
    """

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError, EOFError, ValueError, TypeError):
            checksum, code = marshal.loads(_place(bucket.key).read_bytes())
            bucket.code = code if checksum == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        place = _place(bucket.key)
        new = place.with_name(f"{place.name}.{os.getpid()}")
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                new.write_bytes(marshal.dumps((bucket.checksum, bucket.code)))
                new.replace(place)
            finally:
                new.unlink(missing_ok=True)


def _place(name: str) -> Path:
    return Path(cache_from_source(f"{files('aideator_templates').joinpath(name)}-{bc_version}.py"))


def _made(**options: Any) -> Environment:
    environment = Environment(loader=FunctionLoader(_source), undefined=StrictUndefined, auto_reload=False, **options)
    environment.globals.clear()  # the globals include `namespace`: a missing value of that name must be an error
    return environment


def _cleaned(value: object) -> object:
    """Cleans a value. Markup that the template made from values is already clean."""
    return clean(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _digest(text: str) -> str:
    """Returns the digest in the form in which a Content-Security-Policy names an inline style."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _source(name: str) -> str:
    return files("aideator_templates").joinpath(name).read_text(encoding="utf-8")
