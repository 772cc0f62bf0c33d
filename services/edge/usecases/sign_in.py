"""Signing in, staying signed in, signing out."""

import hashlib
import secrets
import time
import uuid
from collections.abc import Callable

from services.edge.domain.identity import Account, Principal, RefreshToken, TokenPair
from services.edge.domain.throttle import LoginThrottle
from services.edge.ports.audit import Audit
from services.edge.ports.identity import AccessTokens, Accounts, Passwords, RefreshTokens, Revocations
from shared.errors import Unauthorized, Unavailable


class SignIn:
    def __init__(
        self,
        accounts: Accounts,
        refresh_tokens: RefreshTokens,
        access_tokens: AccessTokens,
        passwords: Passwords,
        revocations: Revocations,
        throttle: LoginThrottle,
        audit: Audit,
        *,
        refresh_lifetime_s: float,
        refresh_grace_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._accounts = accounts
        self._refresh_tokens = refresh_tokens
        self._access_tokens = access_tokens
        self._passwords = passwords
        self._revocations = revocations
        self._throttle = throttle
        self._audit = audit
        self._refresh_lifetime_s = refresh_lifetime_s
        self._refresh_grace_s = refresh_grace_s
        self._clock = clock

    async def login(self, name: str, password: str) -> TokenPair:
        """Raises `Unauthorized`, alike and after the same time for a wrong name and a wrong password.

        The tokens count as issued when this began: a revocation that comes in between is newer than they are.
        """
        now = self._clock()
        self._throttle.admit(name, now=now)
        try:
            account = await self._verified(name, password)
            await self._audit.record("user.login", actor=account.id)
        except Unavailable:
            self._throttle.withdraw(name)
            raise
        self._throttle.forget(name)
        secret = secrets.token_urlsafe(32)
        token = RefreshToken(
            hash=_hash(secret),
            family=uuid.uuid4().hex,
            user=account.id,
            expires_at=now + self._refresh_lifetime_s,
        )
        await self._refresh_tokens.add(token, now=now)
        return self._pair(account, secret, now)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """The pair holds the token's successor, for the token is spent by it, but for its grace.

        Raises `Unauthorized`.
        """
        now = self._clock()
        successor = secrets.token_urlsafe(32)
        token = await self._refresh_tokens.rotate(
            _hash(refresh_token),
            _hash(successor),
            now=now,
            lifetime_s=self._refresh_lifetime_s,
            grace_s=self._refresh_grace_s,
        )
        account = None if token is None else await self._accounts.by_id(token.user)
        if account is None or account.disabled:
            await self._audit.record("user.refresh", actor=account.id if account else "", outcome="refused")
            raise Unauthorized("The refresh token is not valid, or not any more.")
        return self._pair(account, successor, now)

    async def logout(self, principal: Principal, refresh_token: str) -> None:
        """Ends the access token on every edge, and the family of the refresh token where one is given."""
        if refresh_token:
            await self._refresh_tokens.end_family(_hash(refresh_token), user=principal.user)
        await self._revocations.revoke_token(principal, "logout")
        await self._audit.keep(self._audit.draft("user.logout", actor=principal.user))

    async def _verified(self, name: str, password: str) -> Account:
        account = await self._accounts.by_name(name)
        right = await self._passwords.verify(account.password_hash if account else None, password)
        if account is None or account.disabled or not right:
            await self._audit.record("user.login", actor=account.id if account else "", outcome="refused")
            raise Unauthorized("Wrong user name or password.")
        return account

    def _pair(self, account: Account, refresh_token: str, now: float) -> TokenPair:
        access_token, expires_in = self._access_tokens.issue(account, now=now)
        return TokenPair(access_token=access_token, refresh_token=refresh_token, expires_in=expires_in)


def _hash(secret: str) -> bytes:
    """Random secrets of 256 bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
