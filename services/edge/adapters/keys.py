"""The keys that sign access tokens: Ed25519, in a folder that all edges share."""

import base64
import hashlib
import os
import secrets
from pathlib import Path

import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

log = structlog.get_logger()

SIGNING_FILE = "signing.pem"
"""Every other `.pem` of the folder is an older key, by which tokens are still verified."""


class SigningKeys:
    """Key ids are RFC 7638 thumbprints: looked up among the keys that were read, never used as a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._private: Ed25519PrivateKey | None = None
        self.current_id = ""
        self.public: dict[str, Ed25519PublicKey] = {}

    def open(self) -> None:
        """Reads the keys, and makes the first one. Raises `OSError` or `ValueError`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing = self._folder / SIGNING_FILE
        if not signing.exists():
            _create(signing)
        self._private = _read(signing)
        self.current_id = key_id(self._private.public_key())
        keys = [_read(path).public_key() for path in sorted(self._folder.glob("*.pem"))]
        self.public = {key_id(key): key for key in keys}

    @property
    def private(self) -> Ed25519PrivateKey:
        if self._private is None:
            raise RuntimeError("The signing keys are not open yet.")
        return self._private


def key_id(key: Ed25519PublicKey) -> str:
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{raw(key)}"}}'
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def raw(key: Ed25519PublicKey) -> str:
    """The JWK parameter `x`."""
    return _base64url(key.public_bytes_raw())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _create(target: Path) -> None:
    """Of several edges that start together, the first to link its file wins; the others use that one."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = target.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        target.hardlink_to(draft)
        log.info("keys.created", folder=str(target.parent))
    except FileExistsError:
        log.info("keys.created_elsewhere", folder=str(target.parent))
    finally:
        draft.unlink()


def _read(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path.name} is no Ed25519 key.")
    return key
