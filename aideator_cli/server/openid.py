"""OpenID Connect: a provider says who somebody is. The flow is that with a code, with PKCE, a state and a nonce.

The provider is asked when somebody logs in, so a server starts without it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.values import frozen
from aideator_cli.backends.server.address import is_this_machine
from aideator_cli.errors import reason, unavailable, usage
from aideator_cli.server.problems import Problem
from aideator_cli.system.settings import OIDC_SECRET, Settings
from aideator_cli.text.clean import one_line

SCOPE: Final = "openid profile email"
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
LEEWAY: Final = 60  # seconds that two clocks may differ
PATIENCE: Final = (5.0, 10.0)  # seconds to connect, and between two bytes
KEPT_SECONDS: Final = 3600.0  # for which what the provider says of itself counts
AGAIN_SECONDS: Final = 3.0  # until a provider that did not answer is asked again
AT_ONCE: Final = 4  # logins that wait for the provider: they hold no more threads than that
WORDS: Final = 200  # characters of a provider's error


@frozen
class Provider:
    """What is configured. `domains`: of the emails that may log in; none: everybody whom the provider lets use this client."""

    issuer: str
    client: str
    secret: str | None
    name: str  # on the button
    domains: tuple[str, ...]


@frozen
class Pending:
    """What a login that has begun has to come back with. The browser holds it in a cookie that scripts can't read."""

    state: str
    nonce: str
    verifier: str


@frozen
class Identity:
    subject: str  # ISSUER SUBJECT, which never changes
    name: str  # what they like to be called; may be any text, or empty
    email: str | None  # one that the provider has verified


def configured(settings: Settings) -> Provider | None:
    """Returns None if no provider is configured. Raises `AideatorError` (usage) for a mistake in it."""
    defaults = settings.defaults
    if defaults.oidc_issuer is None:
        return None
    address = urlsplit(defaults.oidc_issuer)
    safe = address.scheme == "https" or (address.scheme == "http" and is_this_machine(defaults.oidc_issuer))
    if not address.hostname or not safe:
        raise usage(f"oidc_issuer is no https address: {defaults.oidc_issuer}", "it is the one that the provider names")
    if not defaults.oidc_client:
        raise usage("oidc_issuer needs oidc_client", "register this server with the provider: it gives it a client id")
    if defaults.public_url is not None and not urlsplit(defaults.public_url).hostname:
        raise usage(
            f"public_url is no address: {defaults.public_url}",
            "it is the one in the browser, such as https://aideator.example",
        )
    secret = settings.environment.get(OIDC_SECRET) or _read(defaults.oidc_secret_file)
    domains = tuple(domain.lower().lstrip("@") for domain in defaults.oidc_domain)
    return Provider(
        defaults.oidc_issuer.rstrip("/"), defaults.oidc_client, secret, defaults.oidc_name or address.hostname, domains
    )


def _read(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        return Path(file).expanduser().read_text().strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise usage(f"oidc_secret_file can't be read: {reason(error)}", f"or set {OIDC_SECRET}") from error


def _verified(told: dict[str, Any]) -> str | None:
    """Returns the email that this document itself calls verified: another one's word may be about another email."""
    email = told.get("email")
    is_one = isinstance(email, str) and "@" in email and told.get("email_verified") in (True, "true")
    return email if is_one else None


class OpenId:
    """Asks the provider. Its methods wait for it, and any thread may call them."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._known: tuple[float, dict[str, Any]] | None = None  # since when, and what the provider says of itself
        self._keys: Any = None
        self._failed: tuple[float, Exception] | None = None
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(AT_ONCE)

    def begin(self, back: str) -> tuple[str, Pending]:
        """`back`: this server's address to which the provider sends the browser. Returns the provider's address to send it to."""
        import secrets

        pending = Pending(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._told(), self._session(back) as session:
            url, _ = session.create_authorization_url(
                self._metadata()["authorization_endpoint"], pending.state, pending.verifier, nonce=pending.nonce
            )
        return str(url), pending

    def finish(self, back: str, code: str, pending: Pending) -> Identity:
        """Raises `Problem` for a code that the provider refuses, or a token that is not of this login."""
        with self._told(), self._session(back) as session:
            metadata = self._metadata()
            token = session.fetch_token(
                metadata["token_endpoint"], code=code, code_verifier=pending.verifier, timeout=PATIENCE
            )
            claims = self._claims(session, token, pending)
            more = self._more(session, metadata, claims)
        return self._allowed(claims, more)

    def _allowed(self, claims: dict[str, Any], more: dict[str, Any]) -> Identity:
        """`more`: what the provider says elsewhere."""
        email = _verified(claims) or _verified(more)
        domains = self.provider.domains
        if domains and (email is None or email.rpartition("@")[2].lower() not in domains):
            text = f"{self.provider.name} knows you, but only emails of {', '.join(domains)} may log in here"
            raise Problem(
                HTTPStatus.FORBIDDEN, text, "log in there with another account, or ask whoever runs this server"
            )
        names = ({**more, **claims}.get(each) for each in ("preferred_username", "nickname", "name"))
        name = next((each for each in names if isinstance(each, str) and each), (email or "").partition("@")[0])
        return Identity(f"{self.provider.issuer} {claims['sub']}", name, email)

    def _claims(self, session: Any, token: dict[str, Any], pending: Pending) -> dict[str, Any]:
        """Returns what the ID token says, when it is of this provider, for this server and of this login."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        text = token.get("id_token")
        if not isinstance(text, str):
            raise self._wrong("it sent no ID token")
        try:
            try:
                found = jwt.decode(text, self._keyset(session), algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):  # the provider has changed its keys
                self._keys = None
                found = jwt.decode(text, self._keyset(session), algorithms=ALGORITHMS)
            issuers = [self.provider.issuer, f"{self.provider.issuer}/"]
            options = {
                "iss": {"essential": True, "values": issuers},
                "aud": {"essential": True, "value": self.provider.client},
            }
            params = {
                "nonce": pending.nonce,
                "client_id": self.provider.client,
                "access_token": token.get("access_token"),
            }
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(leeway=LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            raise self._wrong(f"its ID token does not hold: {error}") from error
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise self._wrong("its ID token names nobody")
        return dict(claims)

    def _more(self, session: Any, metadata: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
        """Returns what the provider says elsewhere of whom the ID token names, if that has no name or email."""
        if (_verified(claims) and "preferred_username" in claims) or "userinfo_endpoint" not in metadata:
            return {}
        answer = session.get(metadata["userinfo_endpoint"], timeout=PATIENCE)
        answer.raise_for_status()
        told = answer.json()
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise self._wrong("it speaks of somebody else")
        return told

    def _metadata(self) -> dict[str, Any]:
        with self._lock:
            moment = time.monotonic()
            if self._known is not None and moment - self._known[0] < KEPT_SECONDS:
                return self._known[1]
            if self._failed is not None and moment - self._failed[0] < AGAIN_SECONDS:
                raise self._failed[1]
            try:
                found = self._discovered()
            except Exception as error:
                self._failed = (time.monotonic(), error)
                raise
            self._known, self._failed, self._keys = (moment, found), None, None
            return found

    def _discovered(self) -> dict[str, Any]:
        import requests

        url = f"{self.provider.issuer}/.well-known/openid-configuration"
        answer = requests.get(url, timeout=PATIENCE)
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict) or str(found.get("issuer")).rstrip("/") != self.provider.issuer:
            raise self._wrong(f"{url} is of another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str):
                raise self._wrong(f"{url} names no {name}")
        return found

    def _keyset(self, session: Any) -> Any:
        from joserfc.jwk import KeySet

        if self._keys is None:
            answer = session.get(self._metadata()["jwks_uri"], timeout=PATIENCE, withhold_token=True)
            answer.raise_for_status()
            self._keys = KeySet.import_key_set(answer.json())
        return self._keys

    @contextmanager
    def _session(self, back: str) -> Iterator[Any]:
        from authlib.integrations.requests_client import OAuth2Session

        secret = self.provider.secret
        method = "client_secret_basic" if secret else "none"
        with OAuth2Session(
            self.provider.client, secret, token_endpoint_auth_method=method, scope=SCOPE, redirect_uri=back,
            code_challenge_method="S256",
        ) as session:  # fmt: skip
            yield session

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Makes what goes wrong a `Problem` that says what to do."""
        import requests
        from authlib.integrations.requests_client import OAuthError

        if not self._room.acquire(blocking=False):
            raise unavailable("many log in at once", hint="try again in a few seconds")
        try:
            yield
        except OAuthError as error:
            said = one_line(str(error.description or error.error or ""))[:WORDS]
            text = f"{self.provider.name} refused this login" + (f": {said}" if said else "")
            raise Problem(HTTPStatus.UNAUTHORIZED, text, "begin again") from error
        except (requests.RequestException, ValueError) as error:
            text = f"{self.provider.name} does not answer as it should: {one_line(str(error))[:WORDS]}"
            hint = "try again in a minute, or log in with a token"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, text, hint) from error
        finally:
            self._room.release()

    def _wrong(self, what: str) -> Problem:
        text = f"{self.provider.name} could not say who you are: {what}"
        return Problem(HTTPStatus.BAD_GATEWAY, text, "tell whoever runs this server; a token still logs you in")
