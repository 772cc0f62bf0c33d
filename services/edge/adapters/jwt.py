"""Access tokens: JSON Web Tokens signed with EdDSA and nothing else (RFC 7519, RFC 8037, RFC 9068)."""

import hashlib
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
REMEMBERED = 4096
"""Good tokens, by their hashes, oldest out first: a signature costs as much as a tenth of a question, and a session
asks many."""

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
        self._good: dict[bytes, Principal] = {}

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
        digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
        principal = self._good.get(digest) or self._principal(token)
        if not principal.issued_at - CLOCK_SKEW_S <= now < principal.expires_at:
            self._good.pop(digest, None)
            raise Unauthorized("The access token has expired.")
        self._good[digest] = principal
        if len(self._good) > REMEMBERED:
            del self._good[next(iter(self._good))]
        return principal

    def _principal(self, token: str) -> Principal:
        """Keys are read once, at the start: what was well signed stays so."""
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError) as error:
            raise _refused() from error
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
