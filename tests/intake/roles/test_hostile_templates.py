"""A role or prompt from a repository that nobody has read: it runs nothing, reads nothing and takes no time."""

import time

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.system.sandbox import render_foreign

LONG = "Z" * 1000
VALUES = {"text": LONG, "items": list(range(100)), "nested": {"a": [1, 2]}}


def test_a_template_inserts_decides_and_repeats() -> None:
    source = "{% for n in items %}{% if loop.index < 3 %}{{ n }}:{{ nested.a[0] }} {% endif %}{% endfor %}"
    assert render_foreign(source, VALUES, "role x") == "0:1 1:1 "
    assert render_foreign("{{ ['x', 'y'] | join('-') | upper }}", VALUES, "role x") == "X-Y"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("{{ text.__class__.__mro__ }}", "has no attribute '__class__'"),
        ("{{ nested.items() }}", "can't use a call"),
        ("{{ text | attr('__class__') }}", "can't use the filter attr"),
        ("{{ ''['__class__'] }}", "has no attribute '__class__'"),
        ("{{ self }}", "can't use self"),
        ("{{ lipsum.__globals__ }}", "'lipsum', which has no value"),
        ("{% include '/etc/passwd' %}", "can't use include"),
        ("{% import 'x' as y %}", "can't use import"),
        ("{% extends 'x' %}", "can't use extends"),
        ("{% macro f() %}x{% endmacro %}", "can't use macro"),
        ("{% set a = text %}", "can't use set"),
        ("{% with a = text %}{% endwith %}", "can't use with"),
        ("{{ text * 1000000000 }}", "can't use mul"),
        ("{{ 9 ** 9 ** 9 }}", "can't use pow"),
        ("{{ '%0999999999d' % 1 }}", "can't use mod"),
        ("{{ text ~ text }}", "can't use concat"),
        ("{{ text | center(1000000000) }}", "can't use the filter center"),
        ("{{ text | counted }}", "can't use the filter counted"),
        ("{% for a in items recursive %}{% endfor %}", "can't use a recursive loop"),
        ("\n\n{{ text | tojson }}", "role x, line 3: a template can't use the filter tojson"),
        ("{{ text }}" * 1000, "it becomes longer than 256 KiB"),
        ("{{ items | join(text) | join(text) }}", "join takes a list"),
        ("{% for a in items %}" * 6 + "{% endfor %}" * 6, "its loops make more than 10,000 rounds"),
        ("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "nested too deeply"),
        ("{{ text" + " | upper" * 20_000 + " }}", "nested too deeply"),
        ("{{ text" + ".a" * 20_000 + " }}", "nested too deeply"),
        ("{% if text %}" * 1000 + "{% endif %}" * 1000, "nested too deeply"),
        ("x" * 300_000, "is larger than 256 KiB"),
    ],
    ids=lambda text: text[:40],
)
def test_it_can_do_nothing_else(source: str, complaint: str) -> None:
    began = time.process_time()
    with pytest.raises(AideatorError) as caught:
        render_foreign(source, VALUES, "role x")
    assert caught.value.code is ExitCode.USAGE
    assert complaint in caught.value.message
    assert "role x" in caught.value.message
    assert time.process_time() - began < 5
