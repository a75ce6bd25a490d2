"""The steps from before there was a choice of database, in SQLite's words. They are complete: new ones go to `steps.py`.

Each has its way back, in the same order, which deletes what the step has added.
"""

from typing import Final

UPS: Final[tuple[str, ...]] = (
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
    # What each attempt has used, whatever has followed it; null: unknown. An attempt that a result is of is told by that, another one by
    # its events, as they are folded into a result.
    """
    alter table attempts add column cost real default 0.0;
    alter table attempts add column input_tokens integer default 0;
    alter table attempts add column output_tokens integer default 0;
    update attempts set (cost, input_tokens, output_tokens) = (
      select
        case when count(*) = count(cost) then coalesce(sum(cost), 0.0) end,
        case when count(*) = count(nullif(input, uncounted)) then coalesce(sum(input), 0) end,
        case when count(*) = count(nullif(output, uncounted)) then coalesce(sum(output), 0) end
      from (select *, case when cost is null and coalesce(input, 0) = 0 and coalesce(output, 0) = 0 then 0 end as uncounted from (
        select
          case when json_type(told, '$.cost') in ('integer', 'real') then json_extract(told, '$.cost') end as cost,
          case when json_type(told, '$.input') = 'integer' then json_extract(told, '$.input') end as input,
          case when json_type(told, '$.output') = 'integer' then json_extract(told, '$.output') end as output
        from (
          select case when json_valid(raw) then raw else '{}' end as told from events where attempt = attempts.id and type = 'usage'
        )
      ))
    ) where not exists (
      select 1 from variations v
      where v.run = attempts.run and v.number = attempts.variation and json_extract(v.result, '$.attempt') = attempts.id
    );
    update attempts set (cost, input_tokens, output_tokens) = (
      select json_extract(v.result, '$.cost'), json_extract(v.result, '$.input_tokens'), json_extract(v.result, '$.output_tokens')
      from variations v where v.run = attempts.run and v.number = attempts.variation
    ) where exists (
      select 1 from variations v
      where v.run = attempts.run and v.number = attempts.variation and json_extract(v.result, '$.attempt') = attempts.id
    );
    """,
    "alter table variations add column agent text",
    # The tokens of a judgement that nobody has counted are null. They were stored as 0.
    """
    create table judgements_anew (
      id integer primary key, run text not null references runs(id) on delete cascade, round text not null,
      answers integer not null, first integer not null, second integer not null, first_patch text not null,
      second_patch text not null, verdict text not null, reason text not null, model text not null,
      input_tokens integer, output_tokens integer, cost real, seconds real not null, time text not null
    );
    insert into judgements_anew
      select id, run, round, answers, first, second, first_patch, second_patch, verdict, reason, model,
        case when cost is null and input_tokens = 0 and output_tokens = 0 then null else input_tokens end,
        case when cost is null and input_tokens = 0 and output_tokens = 0 then null else output_tokens end,
        cost, seconds, time
      from judgements;
    drop table judgements;
    alter table judgements_anew rename to judgements;
    create index judgements_of_run on judgements(run, id);
    """,
    "alter table runs add column answer integer not null default 0",  # whether it asks for an answer
    # What referees found out. `result` is null while one is at work; `patches` names what it tries.
    """
    create table if not exists crossings (
      run text not null references runs(id) on delete cascade, patches text not null, referee text not null,
      spec text not null, result text, time text not null, primary key (run, patches)
    )
    """,
    "alter table judgements add column cheats text not null default '[]'",  # whom an answer accuses, as JSON
    # What the user says of a run, and whether it was found on a cluster, and not started here
    """
    alter table runs add column note text;
    alter table runs add column found integer not null default 0;
    create table tags (
      run text not null references runs(id) on delete cascade, name text not null, primary key (run, name)
    ) without rowid
    """,
    "create index if not exists runs_at_work on runs(backend, created) where state <> 'ended'",  # `list` looks at these
)

DOWNS: Final[tuple[str, ...]] = (
    """
    drop table selections;
    drop table observations;
    drop table events;
    drop table attempts;
    drop table variations;
    drop table runs
    """,
    "alter table variations drop column submissions",
    "drop table judgements",
    """
    alter table variations drop column prompt_name;
    alter table runs drop column repository
    """,
    """
    alter table attempts drop column output_tokens;
    alter table attempts drop column input_tokens;
    alter table attempts drop column cost
    """,
    "alter table variations drop column agent",
    """
    create table judgements_before (
      id integer primary key, run text not null references runs(id) on delete cascade, round text not null,
      answers integer not null, first integer not null, second integer not null, first_patch text not null,
      second_patch text not null, verdict text not null, reason text not null, model text not null,
      input_tokens integer not null, output_tokens integer not null, cost real, seconds real not null, time text not null
    );
    insert into judgements_before
      select id, run, round, answers, first, second, first_patch, second_patch, verdict, reason, model,
        coalesce(input_tokens, 0), coalesce(output_tokens, 0), cost, seconds, time
      from judgements;
    drop table judgements;
    alter table judgements_before rename to judgements;
    create index judgements_of_run on judgements(run, id)
    """,
    "alter table runs drop column answer",
    "drop table crossings",
    "alter table judgements drop column cheats",
    """
    drop table tags;
    alter table runs drop column found;
    alter table runs drop column note
    """,
    "drop index runs_at_work",
)
