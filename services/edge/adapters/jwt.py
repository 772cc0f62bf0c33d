"""Access tokens: JSON Web Tokens signed with EdDSA and nothing else (RFC 7519, RFC 8037, RFC 9068)."""

import uuid
from typing import Annotated

import jwt
import msgspec
from msgspec import Meta

from services.edge.adapters.keys import SigningKeys, raw
from services.edge.domain.identity import Account, Principal, Role
from shared.errors import Unauthorized

ALGORITHM = "EdDSA"
TYPE = "at+jwt"
CLOCK_SKEW_S = 5.0
"""How far another edge's clock may be ahead of this one's."""
LONGEST_TOKEN = 4096

Text = Annotated[str, Meta(min_length=1, max_length=256)]


class Claims(msgspec.Struct, frozen=True):
    sub: Text
    jti: Text
    name: Text
    role: Role
    iat: float
    exp: float


class JwtAccessTokens:
    def __init__(self, keys: SigningKeys, *, issuer: str, audience: str, lifetime_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._lifetime_s = lifetime_s

    def issue(self, account: Account, *, now: float) -> tuple[str, int]:
        """`iat` is rounded down, so that no later revocation takes the token for a newer one."""
        issued_at = int(now)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": account.id,
            "jti": uuid.uuid4().hex,
            "iat": issued_at,
            "exp": issued_at + self._lifetime_s,
            "name": account.name,
            "role": account.role,
        }
        headers = {"kid": self._keys.current_id, "typ": TYPE}
        token = jwt.encode(claims, self._keys.private, algorithm=ALGORITHM, headers=headers)
        return token, self._lifetime_s

    def verify(self, token: str, *, now: float) -> Principal:
        if len(token) > LONGEST_TOKEN:
            raise _refused()
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError) as error:
            raise _refused() from error
        if not claims.iat - CLOCK_SKEW_S <= now < claims.exp:
            raise Unauthorized("The access token has expired.")
        return Principal(
            user=claims.sub,
            name=claims.name,
            role=claims.role,
            token_id=claims.jti,
            issued_at=claims.iat,
            expires_at=claims.exp,
        )

    def _claims(self, token: str) -> Claims:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("typ") != TYPE or not isinstance(kid, str) or kid not in self._keys.public:
            raise jwt.InvalidTokenError("unknown type or key")
        payload = jwt.decode(
            token,
            self._keys.public[kid],
            algorithms=[ALGORITHM],
            issuer=self._issuer,
            audience=self._audience,
            # Times are compared above, with the clock that the caller goes by.
            options={
                "require": ["iss", "aud", "sub", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        return msgspec.convert(payload, Claims)

    def public_keys(self) -> dict[str, object]:
        return {
            "keys": [
                {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": kid, "x": raw(key)}
                for kid, key in self._keys.public.items()
            ]
        }


def _refused() -> Unauthorized:
    """One message for every flaw: a forger learns nothing."""
    return Unauthorized("The access token is not valid.")
