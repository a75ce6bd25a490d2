"""Users of a server, and sessions of its page. Passwords are kept as scrypt makes them, sessions by the hash of their secret."""

import base64
from typing import Final

from aideator_cli.domain.accounts import Session, User
from aideator_cli.store.database import Database
from aideator_cli.store.secrecy import digest
from aideator_cli.system.clock import now

_COST: Final = (1 << 14, 8, 1)  # n, r, p: 16 MiB and some 30 ms
_USER: Final = "name, email, created, disabled is not null, subject"
_NOBODY: Final = (
    "scrypt$16384$8$1$" + "A" * 24 + "$" + "A" * 44
)  # no password: checking it takes as long as checking one


class Users(Database):
    def add_user(self, user: User, password: str | None = None) -> bool:
        """Returns False if the name, the email or the subject is taken."""
        with self.transaction("users") as connection:
            added = connection.execute(
                "insert into users(name, email, subject, password, created) values (?, ?, ?, ?, ?) on conflict do nothing",
                (user.name, _folded(user.email), user.subject, password and _kept(password), user.created or now()),
            )
            return added.rowcount == 1

    def user(self, name: str) -> User | None:
        return self._user("name = ?", name)

    def user_of_email(self, email: str) -> User | None:
        return self._user("email = ?", _folded(email))

    def user_of_subject(self, subject: str) -> User | None:
        return self._user("subject = ?", subject)

    def users(self) -> list[User]:
        rows = self._connection.execute(f"select {_USER} from users order by name")
        return [User(name, email, created, bool(disabled), subject) for name, email, created, disabled, subject in rows]

    def has_password(self, user: User | None, password: str) -> bool:
        """Takes as long for a user who is not known (None), or has no password. False for one who is disabled."""
        row = None
        if user is not None:
            query = "select password from users where name = ? and disabled is null"
            row = self._connection.execute(query, (user.name,)).fetchone()
        known = bool(row and row[0])
        return _is(password, row[0] if row and known else _NOBODY) and known

    def set_password(self, name: str, password: str) -> None:
        with self.transaction("users") as connection:
            connection.execute("update users set password = ? where name = ?", (_kept(password), name))

    def disable_user(self, name: str, *, disabled: bool = True) -> bool:
        """A user who is disabled has no session and no token that counts. Returns False if there is no such user."""
        with self.transaction("users") as connection:
            found = connection.execute(
                "update users set disabled = ? where name = ?", (now() if disabled else None, name)
            )
            if disabled:
                connection.execute("delete from sessions where owner = ?", (name,))
            return found.rowcount == 1

    # Sessions

    def open_session(self, secret: str, owner: str, data: str, seconds: float) -> None:
        """`secret`: what the page's cookie holds. `data` stays the server's own."""
        with self.transaction("sessions") as connection:
            connection.execute(f"delete from sessions where expires <= {self._dialect.clock}")
            connection.execute(
                f"insert into sessions(hash, owner, data, expires) values (?, ?, ?, {self._dialect.clock_later}) "
                "on conflict (hash) do update set owner = excluded.owner, data = excluded.data, expires = excluded.expires",
                (digest(secret), owner, data, seconds),
            )

    def session(self, secret: str) -> Session | None:
        query = f"select owner, data, expires from sessions where hash = ? and expires > {self._dialect.clock}"
        row = self._connection.execute(query, (digest(secret),)).fetchone()
        return Session(*row) if row else None

    def close_session(self, secret: str) -> None:
        with self.transaction("sessions") as connection:
            connection.execute("delete from sessions where hash = ?", (digest(secret),))

    def _user(self, condition: str, value: str | None) -> User | None:
        row = self._connection.execute(f"select {_USER} from users where {condition}", (value,)).fetchone()
        return User(row[0], row[1], row[2], bool(row[3]), row[4]) if row else None


def _folded(email: str | None) -> str | None:
    return None if email is None else email.casefold()


def _kept(password: str) -> str:
    import secrets

    salt = secrets.token_bytes(16)
    words = [*map(str, _COST), *(base64.b64encode(each).decode() for each in (salt, _scrypt(password, salt, *_COST)))]
    return "$".join(["scrypt", *words])


def _is(password: str, kept: str) -> bool:
    import hmac

    _, n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, base64.b64decode(wanted))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    import hashlib

    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32
    )
