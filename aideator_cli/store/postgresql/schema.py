"""The tables that PostgreSQL begins with: those that SQLite has at the same version. Later ones are in `migrations/steps.py`."""

from typing import Final

SCHEMA: Final = """
create table runs (
  id TEXT primary key, created TEXT not null, backend TEXT not null, context TEXT, namespace TEXT,
  where_text TEXT not null, repository_path TEXT, spec DOCUMENT not null, state TEXT not null, ended TEXT,
  repository TEXT, answer BOOLEAN not null default false, note TEXT, found BOOLEAN not null default false,
  rowid bigint generated always as identity
);
create index runs_newest on runs(created desc, id);
create index runs_at_work on runs(backend, created) where state <> 'ended';
create table variations (
  run TEXT not null references runs(id) on delete cascade, number BIGINT not null, model TEXT not null,
  role TEXT not null, temperature REAL, result DOCUMENT, submissions BIGINT not null default 1, prompt_name TEXT, agent TEXT,
  primary key (run, number)
);
create table attempts (
  id TEXT primary key, run TEXT not null references runs(id) on delete cascade, variation BIGINT not null,
  number BIGINT not null, name TEXT not null, created TEXT not null, closed TEXT, verdict TEXT, verdict_text TEXT,
  cost REAL default 0, input_tokens BIGINT default 0, output_tokens BIGINT default 0
);
create index attempts_of_run on attempts(run, variation, number);
create table events (
  id ROWID, attempt TEXT not null references attempts(id) on delete cascade,
  seq BIGINT, after BIGINT not null, type TEXT not null, time TEXT not null, mark TEXT, raw bytea not null
);
create unique index events_by_seq on events(attempt, seq);
create unique index strays on events(attempt, mark, sha256(raw)) where seq is null and mark is not null;
create index events_in_order on events(attempt, coalesce(seq, after), (seq is null), id);
create index events_by_row on events(attempt, id);
create table observations (
  id ROWID, run TEXT not null references runs(id) on delete cascade, variation BIGINT,
  attempt TEXT, time TEXT not null, kind TEXT not null, text TEXT not null
);
create index observations_of_run on observations(run, id);
create table selections (
  run TEXT primary key references runs(id) on delete cascade, variation BIGINT not null, attempt TEXT not null,
  time TEXT not null, note TEXT
);
create table judgements (
  id ROWID, run TEXT not null references runs(id) on delete cascade, round TEXT not null,
  answers BIGINT not null, first BIGINT not null, second BIGINT not null, first_patch TEXT not null,
  second_patch TEXT not null, verdict TEXT not null, reason TEXT not null, model TEXT not null,
  input_tokens BIGINT, output_tokens BIGINT, cost REAL, seconds REAL not null, time TEXT not null,
  cheats TEXT not null default '[]'
);
create index judgements_of_run on judgements(run, id);
create table crossings (
  run TEXT not null references runs(id) on delete cascade, patches TEXT not null, referee TEXT not null,
  spec TEXT not null, result TEXT, time TEXT not null, primary key (run, patches)
);
create table tags (
  run TEXT not null references runs(id) on delete cascade, name TEXT not null, primary key (run, name)
)
"""
