"""The database's schema, as the plain list of steps that made it. A step is never changed once released; new ones are appended."""

STEPS: tuple[str, ...] = (
    """
    create table runs (
      id text primary key, created text not null, backend text not null, context text, namespace text,
      where_text text not null, repository_path text, spec text not null, state text not null, ended text
    );
    create table variations (
      run text not null references runs(id) on delete cascade, number integer not null, model text not null,
      role text not null, temperature real, result text,
      primary key (run, number)
    ) without rowid;
    create table attempts (
      id text primary key, run text not null references runs(id) on delete cascade, variation integer not null,
      number integer not null, name text not null, created text not null, closed text, verdict text, verdict_text text
    );
    create index attempts_of_run on attempts(run, variation, number);
    create table events (
      id integer primary key, attempt text not null references attempts(id) on delete cascade,
      seq integer, after integer not null, type text not null, time text not null, mark text, raw text not null
    );
    create unique index events_by_seq on events(attempt, seq);
    create unique index strays on events(attempt, mark, raw) where seq is null and mark is not null;
    create table observations (
      id integer primary key, run text not null references runs(id) on delete cascade, variation integer,
      attempt text, time text not null, kind text not null, text text not null
    );
    create index observations_of_run on observations(run, id);
    create table selections (
      run text primary key references runs(id) on delete cascade, variation integer not null, attempt text not null,
      time text not null, note text
    );
    """,
    "alter table variations add column submissions integer not null default 1",
    """
    create table judgements (
      id integer primary key, run text not null references runs(id) on delete cascade, round text not null,
      answers integer not null, first integer not null, second integer not null, first_patch text not null,
      second_patch text not null, verdict text not null, reason text not null, model text not null,
      input_tokens integer not null, output_tokens integer not null, cost real, seconds real not null, time text not null
    );
    create index judgements_of_run on judgements(run, id);
    """,
    """
    alter table runs add column repository text;
    update runs set repository = json_extract(spec, '$.repository.url');
    alter table variations add column prompt_name text;
    """,
)
