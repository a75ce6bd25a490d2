"""The steps that every database takes.

They are portable SQL. `ROWID` stands for a key that the database numbers by itself, `TEXT` for text that is compared byte by byte,
`DOCUMENT` for JSON that queries look into, `BYTES` for what is no text, `BIGINT`, `REAL` and `BOOLEAN` for what the database calls them.
"""

from typing import NamedTuple


class Step(NamedTuple):
    up: str  # statements, each ended by a semicolon but the last
    down: str  # deletes what `up` has added


_PULLS = Step(
    # Commits that `pr` pushes: each is stored before it is pushed, and gets the pull request's address when there is one
    """
    create table if not exists pulls (
      id ROWID, run TEXT not null references runs(id) on delete cascade, variation BIGINT not null,
      repository TEXT not null, branch TEXT not null, "commit" TEXT not null, patch TEXT not null, number BIGINT, url TEXT,
      time TEXT not null
    );
    create index if not exists pulls_of_branch on pulls(repository, branch)
    """,
    "drop table pulls",
)


_POSTED = Step(  # what `review` has posted
    "create table if not exists posted (run TEXT primary key references runs(id) on delete cascade, url TEXT not null, time TEXT not null)",
    "drop table posted",
)
_FOLLOWING = Step(
    # `host`: the machine of a run that has no other backend, in a store that others share. `expires` is empty once a lease is given back.
    """
    alter table runs add column host TEXT;
    alter table runs add column owner TEXT;
    create index runs_of_owner on runs(owner, created) where owner is not null;
    create table leases (
      run TEXT primary key references runs(id) on delete cascade, holder TEXT not null, host TEXT not null, fence BIGINT not null,
      expires TEXT not null
    )
    """,
    """
    drop table leases;
    drop index runs_of_owner;
    alter table runs drop column owner;
    alter table runs drop column host
    """,
)
_ACCOUNTS = Step(
    """
    create table users (
      name TEXT primary key, email TEXT unique, subject TEXT unique, password TEXT, created TEXT not null, disabled TEXT
    );
    create table sessions (hash TEXT primary key, owner TEXT not null, data TEXT not null, expires TEXT not null);
    create table tokens (
      id TEXT primary key, hash TEXT not null unique, owner TEXT not null, name TEXT not null, scopes TEXT not null,
      created TEXT not null, expires TEXT, used TEXT, revoked TEXT
    );
    create index tokens_of_owner on tokens(owner);
    create table audit (
      id ROWID, time TEXT not null, who TEXT, action TEXT not null, target TEXT, status BIGINT not null, token TEXT, address TEXT
    )
    """,
    "drop table audit; drop table tokens; drop table sessions; drop table users",
)
_MESSAGES = Step(
    """
    create table idempotency (
      owner TEXT not null, key TEXT not null, digest TEXT not null, run TEXT, expires TEXT not null, primary key (owner, key)
    );
    create table webhooks (
      id TEXT primary key, owner TEXT not null, url TEXT not null, secret TEXT not null, kinds TEXT not null, created TEXT not null
    );
    create table deliveries (
      id TEXT not null, webhook TEXT not null references webhooks(id) on delete cascade, run TEXT not null, kind TEXT not null,
      body TEXT not null, created TEXT not null, attempts BIGINT not null, state TEXT not null, next TEXT, error TEXT,
      primary key (id)
    );
    create index deliveries_due on deliveries(next) where state = 'pending'
    """,
    "drop table deliveries; drop table webhooks; drop table idempotency",
)


_NAMES = Step(  # what the user calls a run, and which other user of the cluster has started it
    """
    alter table runs add column name TEXT;
    alter table runs add column cluster_user TEXT;
    create unique index runs_by_name on runs(name)
    """,
    """
    drop index runs_by_name;
    alter table runs drop column cluster_user;
    alter table runs drop column name
    """,
)

_TEAMS = Step(  # `holder`, `host`, `fence` and `expires` are the lease of the process that moves a team on
    """
    create table teams (
      id TEXT primary key, created TEXT not null, document TEXT not null, state TEXT not null, reason TEXT not null, result TEXT,
      plan TEXT, ended TEXT, owner TEXT, holder TEXT not null default '', host TEXT not null default '', fence BIGINT not null default 0,
      expires TEXT not null default ''
    );
    create table team_steps (
      team TEXT not null references teams(id) on delete cascade, step TEXT not null, run TEXT not null, begun TEXT not null,
      primary key (team, step)
    );
    create index team_steps_of_run on team_steps(run)
    """,
    "drop table team_steps; drop table teams",
)


_MEMORIES = Step(
    # Notes on repositories. `owner`: a user of the server, or empty. `rejected`: a proposal that is not wanted; then there is no text.
    """
    create table memories (
      id ROWID, owner TEXT not null, repository TEXT not null, text TEXT not null, key TEXT not null, source TEXT not null,
      run TEXT, created TEXT not null, rejected TEXT
    );
    create index memories_of_repository on memories(owner, repository, key)
    """,
    "drop table memories",
)


_PARENTS = Step(
    # `parent`: the token by which it was made, and with which it is revoked. `login`: whether a login made it
    "alter table tokens add column parent TEXT; alter table tokens add column login BIGINT not null default 0",
    "alter table tokens drop column login; alter table tokens drop column parent",
)


_PRIVATE = Step(  # whether a webhook may be in the server's own network
    "alter table webhooks add column private BIGINT not null default 0",
    "alter table webhooks drop column private",
)


_ROTATED = Step(  # the secret before, and until when it signs, too
    "alter table webhooks add column former TEXT; alter table webhooks add column former_until TEXT",
    "alter table webhooks drop column former_until; alter table webhooks drop column former",
)


_JUDGES = Step(  # the last judge of each run that a server has let work; `expires`: until when it works unless that is renewed
    """
    create table judges (
      run TEXT primary key references runs(id) on delete cascade, id TEXT not null, owner TEXT, asked TEXT not null, state TEXT not null,
      told TEXT not null, begun TEXT not null, ended TEXT, expires TEXT not null
    )
    """,
    "drop table judges",
)


_NAMES_OF_OWNERS = Step(
    # each user of a server may name a run as another user has; on the way back the first one keeps the name
    "drop index runs_by_name; create index runs_by_name on runs(name)",
    """
    update runs set name = null where exists (select 1 from runs as other where other.name = runs.name and other.id < runs.id);
    drop index runs_by_name;
    create unique index runs_by_name on runs(name)
    """,
)


_SERVED_TEAMS = Step(
    # `server`: the URL of the server that moves the team on; null: whoever watches. `told`: what that says came of a step, as JSON
    "alter table teams add column server TEXT; alter table team_steps add column told TEXT",
    "alter table team_steps drop column told; alter table teams drop column server",
)


_MODELS = Step(  # whether a model's program has used it, at /mcp
    "alter table tokens add column model BIGINT not null default 0", "alter table tokens drop column model"
)


_UPLOADS = Step(  # what a client has sent for a run that it is about to start
    """
    create table uploads (
      owner TEXT not null, sha256 TEXT not null, size BIGINT not null, data BYTES not null, expires TEXT not null,
      primary key (owner, sha256)
    )
    """,
    "drop table uploads",
)


_SENT = Step(  # what was sent with a run, for the other machines that use the database
    """
    create table sent (
      run TEXT not null references runs(id) on delete cascade, name TEXT not null, sha256 TEXT not null, data BYTES not null,
      primary key (run, name)
    );
    create index sent_by_hash on sent(sha256)
    """,
    "drop table sent",
)


def later_steps() -> tuple[Step, ...]:
    return (
        _PULLS, _POSTED, _FOLLOWING, _ACCOUNTS, _MESSAGES, _NAMES, _TEAMS, _PARENTS, _MEMORIES, _PRIVATE, _ROTATED, _JUDGES,
        _NAMES_OF_OWNERS, _SERVED_TEAMS, _MODELS, _UPLOADS, _SENT,
    )  # fmt: skip
