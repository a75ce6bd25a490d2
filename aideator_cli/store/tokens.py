"""Tokens and API keys, of which only hashes are stored, and what was done with them."""

from collections.abc import Collection
from secrets import token_hex
from typing import Any, Final

from aideator_cli.domain.accounts import SCOPES, Deed, Scope, Token
from aideator_cli.store.database import Database
from aideator_cli.store.secrecy import digest, new_secret
from aideator_cli.system.clock import now

_TOKEN: Final = "id, owner, name, scopes, created, expires, used, revoked, parent, login, model"


class Tokens(Database):
    def create_token(
        self, owner: str, name: str, scopes: Collection[Scope], seconds: float | None = None, *, login: bool = False
    ) -> tuple[Token, str]:
        """Returns the token, and its secret, which nobody can find out again. `seconds`: how long it counts; None: for ever."""
        return self._create(Token("", owner, name, frozenset(scopes), "", login=login), seconds)

    def create_token_by(
        self, parent: Token, name: str, scopes: Collection[Scope], seconds: float | None = None
    ) -> tuple[Token, str]:
        """Returns a token that its owner makes by another one. It allows no more, counts no longer, and is revoked with it.

        By a login's token it is made as by its owner: it may count longer, and stays when they log out.
        """
        allowed = frozenset(scopes) & parent.scopes
        if parent.login:
            return self._create(Token("", parent.owner, name, allowed, "", model=parent.model), seconds)
        made = Token("", parent.owner, name, allowed, "", parent.expires, parent=parent.id, model=parent.model)
        return self._create(made, seconds)

    def _create(self, made: Token, seconds: float | None) -> tuple[Token, str]:
        """`made.expires`: when it ends at the latest."""
        secret, id_ = new_secret(), token_hex(4)
        words = " ".join(scope for scope in SCOPES if scope in made.scopes)
        expires = "null" if seconds is None else self._dialect.clock_later
        with self.transaction("tokens") as connection:
            connection.execute(
                "insert into tokens(id, hash, owner, name, scopes, created, parent, login, model, expires) "
                f"values (?, ?, ?, ?, ?, ?, ?, ?, ?, {expires})",
                (
                    id_, digest(secret), made.owner, made.name, words, now(), made.parent, int(made.login), int(made.model),
                    *(() if seconds is None else (seconds,)),
                ),
            )  # fmt: skip
            if made.expires is not None:
                connection.execute(
                    "update tokens set expires = ? where id = ? and (expires is null or expires > ?)",
                    (made.expires, id_, made.expires),
                )
            row = connection.execute(f"select {_TOKEN} from tokens where id = ?", (id_,)).fetchone()
        return _token(row), secret

    def token(self, secret: str) -> Token | None:
        """Returns the token if it counts: it is neither revoked nor expired, and its owner is not disabled. Notes that it was used."""
        return self._counting("hash", digest(secret))

    def token_of_id(self, id_: str) -> Token | None:
        """As `token`, for whoever has shown the secret before."""
        return self._counting("id", id_)

    def _counting(self, column: str, value: str) -> Token | None:
        counts = f"revoked is null and (expires is null or expires > {self._dialect.clock})"
        disabled = "exists (select 1 from users where users.name = tokens.owner and disabled is not null)"
        query = f"select {_TOKEN} from tokens where {column} = ? and {counts} and not {disabled}"
        row = self._connection.execute(query, (value,)).fetchone()
        if row is None:
            return None
        found, minute = _token(row), now()[:16] + ":00Z"
        if found.used != minute:
            with self.transaction("tokens") as connection:
                connection.execute("update tokens set used = ? where id = ?", (minute, found.id))
        return found

    def mark_model(self, id_: str) -> None:
        """Notes that a model's program uses the token. So do those that are made by it from then on."""
        with self.transaction("tokens") as connection:
            connection.execute("update tokens set model = 1 where id = ?", (id_,))

    def tokens(self, owner: str | None = None) -> list[Token]:
        """Returns all tokens, or those of one user, the newest first; revoked and expired ones, too."""
        of_owner = "" if owner is None else "where owner = ?"
        query = f"select {_TOKEN} from tokens {of_owner} order by created desc, id"
        return [_token(row) for row in self._connection.execute(query, () if owner is None else (owner,))]

    def revoke_token(self, id_: str, owner: str | None = None) -> bool:
        """Also revokes those that were made by it, and by these. Returns False if there is no such token, or none of this owner.

        Revoking one again changes nothing.
        """
        of_owner = "" if owner is None else "and owner = ?"
        with self.transaction("tokens") as connection:
            found = connection.execute(
                f"update tokens set revoked = coalesce(revoked, ?) where id = ? {of_owner}",
                (now(), id_, *(() if owner is None else (owner,))),
            )
            if found.rowcount == 1:
                made = (
                    "with recursive made(id) as (select id from tokens where parent = ? "
                    "union select tokens.id from tokens join made on tokens.parent = made.id) select id from made"
                )
                connection.execute(
                    f"update tokens set revoked = coalesce(revoked, ?) where id in ({made})", (now(), id_)
                )
            return found.rowcount == 1

    # What was done

    def note_deed(self, deed: Deed) -> None:
        with self.transaction("audit") as connection:
            connection.execute(
                "insert into audit(time, who, action, target, status, token, address) values (?, ?, ?, ?, ?, ?, ?)",
                (deed.time, deed.who, deed.action, deed.target, deed.status, deed.token, deed.address),
            )

    def deeds(self, limit: int = 100, *, who: str | None = None, target: str | None = None) -> list[Deed]:
        """Returns the newest first."""
        wanted = {column: value for column, value in (("who", who), ("target", target)) if value is not None}
        where = " and ".join(["true", *(f"{column} = ?" for column in wanted)])
        query = f"select time, who, action, target, status, token, address from audit where {where} order by id desc limit ?"
        return [Deed(*row) for row in self._connection.execute(query, (*wanted.values(), limit))]


def _token(row: tuple[Any, ...]) -> Token:
    id_, owner, name, scopes, created, expires, used, revoked, parent, login, model = row
    known = set(scopes.split())
    allowed = frozenset(scope for scope in SCOPES if scope in known)
    return Token(id_, owner, name, allowed, created, expires, used, revoked, parent, bool(model), bool(login))
