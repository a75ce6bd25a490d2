"""Whatever stands in the database and in what agents have written: an answer or one line, and never a stack of calls."""

import json
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_cli.store.sqlite import FILE
from tests.cli.test_fuzz import QUICK, at_home, said
from tests.fixtures.stored_runs import Told, add_run, change, check

READS: Sequence[Sequence[str]] = [
    text.split()
    for text in (
        "", "list", "list --json", "show k3v9x2q", "show k3v9x2q --json", "compare k3v9x2q", "compare k3v9x2q --json",
        "diff k3v9x2q/1", "logs k3v9x2q", "logs k3v9x2q --json", "replay k3v9x2q --view lines --speed 100000",
        "report k3v9x2q -o report.html", "stats", "stats --json", "export k3v9x2q out", "du", "prune --keep 0",
        "note k3v9x2q", "apply k3v9x2q/1 --check", "show --prompts k3v9x2q/1",
    )
]  # fmt: skip
MEMBERS = [
    "type", "seq", "time", "v", "text", "exit_code", "patch", "files", "step", "cost", "usage", "totals", "name", "tail", "outcome",
]  # fmt: skip
KINDS = [
    "start", "say", "think", "call", "output", "done", "usage", "edit", "patch", "check", "answer", "end", "phase", "notice", "sent",
]  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = st.dictionaries(st.sampled_from(MEMBERS), anything, max_size=8)
kinds = st.sampled_from(KINDS)
values = st.one_of(
    st.none(), st.text(max_size=9), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=9), fields.map(json.dumps)
)
records = st.tuples(kinds, fields).map(lambda told: {"type": told[0], **told[1]})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a run of two variations."""
    home = tmp_path_factory.mktemp("stored")
    told = Told(
        change("a.py", "a", "b"), [check("unit", 0), check("lint", 1)], more=[{"type": "say", "text": "I look."}]
    )
    add_run(home, told, Told(summary="", outcome="failed"))
    return home


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # and back again


@settings(QUICK, max_examples=60)
@given(st.data())
def test_any_damage_to_the_database_is_told_in_a_line(stored: Path, data: st.DataObject) -> None:
    with at_home() as home:
        os.chdir(home)
        content = bytearray((stored / FILE).read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(content) - 1))
            damage = data.draw(st.binary(min_size=1, max_size=200))
            content[at : at + len(damage)] = damage
        (home / FILE).write_bytes(
            content[: data.draw(st.integers(1, len(content)))] if data.draw(st.booleans()) else content
        )
        said(*data.draw(st.sampled_from(READS)), tampered=True)


@settings(QUICK, max_examples=60)
@given(st.data())
def test_any_value_in_the_database_is_shown_or_told_in_a_line(stored: Path, data: st.DataObject) -> None:
    with at_home() as home:
        os.chdir(home)
        shutil.copy(stored / FILE, home)
        with closing(sqlite3.connect(home / FILE)) as connection, connection:
            tables = {
                name: [row[1] for row in connection.execute(f"pragma table_info({name})")]
                for name in ("runs", "variations", "attempts", "events", "results")
                if connection.execute(
                    "select 1 from sqlite_master where type = 'table' and name = ?", (name,)
                ).fetchone()
            }
            table = data.draw(st.sampled_from(sorted(tables)))
            column = data.draw(st.sampled_from(tables[table]))
            value = data.draw(values)
            try:
                connection.execute(f'update {table} set "{column}" = ?', (value,))
            except sqlite3.IntegrityError:
                return  # the schema takes no such value
        said(*data.draw(st.sampled_from(READS)), tampered=True)


@settings(QUICK, max_examples=60)
@given(st.lists(records, max_size=4), st.lists(st.binary(max_size=30), max_size=3), st.sampled_from(READS))
def test_whatever_an_agent_has_written_is_shown(
    more: list[dict[str, Any]], lines: list[bytes], words: Sequence[str]
) -> None:
    with at_home() as home:
        os.chdir(home)
        add_run(home, Told(change("a.py", "a", "b"), [check("unit")], more=more, lines=lines))
        code, err = said(*words)
        assert code in (0, 3, 8), err
