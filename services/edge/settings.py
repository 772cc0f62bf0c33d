"""What the edge can be told."""

from shared.settings import BaseSettings

MIB = 1024 * 1024


class EdgeSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str
    """`postgresql+asyncpg://…`; the edge keeps to the schema `edge`."""
    keys_dir: str
    """Where the keys lie that sign access tokens; all edges share it. Made at the first start."""
    http_host: str = "127.0.0.1"
    http_port: int = 8080
    cors_origins: tuple[str, ...] = ()
    """Web origins that may call from a browser; none by default."""
    issuer: str = "sluice"
    audience: str = "sluice"
    access_lifetime_s: int = 600
    refresh_lifetime_s: int = 30 * 86_400
    login_attempts: int = 10
    """Failed sign-ins that an account may have within `login_window_s`."""
    login_window_s: float = 300.0
    password_threads: int = 2
    passwords_waiting: int = 32
    """Sign-ins that may wait for a thread; beyond it they are refused."""
    revocations_stale_s: float = 60.0
    """Without news of revocations for this long, nobody is let in."""
    max_body_bytes: int = 4 * MIB
    max_document_bytes: int = 10 * MIB
    database_connections: int = 10
    search_limit: int = 6
    """Passages that are added to a question."""
    search_min_score: float = 0.2
    """Cosine similarity below which a passage says nothing on the question."""
