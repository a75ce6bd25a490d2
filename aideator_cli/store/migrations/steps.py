"""The steps that every database takes.

They are portable SQL. `ROWID` stands for a key that the database numbers by itself, `TEXT` for text that is compared byte by byte,
`DOCUMENT` for JSON that queries look into, `BIGINT`, `REAL` and `BOOLEAN` for what the database calls them.
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


def later_steps() -> tuple[Step, ...]:
    return _PULLS, _POSTED
