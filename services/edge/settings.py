"""What the edge can be told."""

from typing import Annotated

from msgspec import Meta

from shared.settings import BaseSettings

MIB = 1024 * 1024

Positive = Annotated[int, Meta(ge=1)]
PositiveS = Annotated[float, Meta(gt=0)]


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
    refresh_grace_s: Annotated[float, Meta(ge=0)] = 10.0
    """A refresh token that was used may be used again for so long: browser tabs share one. After that its second
    use ends the whole sign-in."""
    login_attempts: int = 10
    """Failed sign-ins that an account may have within `login_window_s`."""
    login_window_s: float = 300.0
    password_threads: int = 2
    passwords_waiting: int = 32
    """Sign-ins that may wait for a thread; beyond it they are refused."""
    revocations_stale_s: float = 60.0
    """Without news of revocations for this long, nobody is let in."""
    max_body_bytes: int = 4 * MIB
    max_chat_bytes: int = 12 * MIB
    """The same, of what may hold pictures: `/v1/chat`, `/v1/chat/completions`, `/v1/responses`."""
    max_document_bytes: int = 10 * MIB
    database_connections: int = 10
    search_limit: int = 6
    """Passages that are added to a question."""
    search_min_score: float = 0.2
    """How near a passage must be to the question, by cosine similarity or by the share of its words, to be found."""
    default_model: str = ""
    """Answers where a request names no model; empty: the first that is served, by name."""
    chat_max_messages: Positive = 256
    """In one request, without calls of functions and their results."""
    chat_max_characters: Annotated[int, Meta(ge=1, le=200_000)] = 200_000
    """Of all messages together; four bytes a character still fit one message of the bus."""
    chat_max_streams: Positive = 4_096
    """Answers that one edge follows at a time."""
    chat_max_streams_per_user: Positive = 64
    """The same, of one user's; more are refused with 429."""
    chat_turns_at_a_time: Positive = 8
    """Questions that are being stored; fewer than `database_connections`, since others need some, too."""
    chat_patience_s: PositiveS = 10.0
    """How long a question waits for that in a burst."""
    embeddings_at_a_time: Positive = 64
    """Requests for embeddings that one edge has under way."""
    embeddings_per_user: Positive = 8
    """The same, of one user's; more are refused with 429."""
    embeddings_deadline_s: PositiveS = 60.0
    """From a request for embeddings to its reply."""
    gather_ms: Annotated[float, Meta(ge=0, le=200)] = 0.0
    """Pieces of an answer wait so long for more of it, so that several leave in one write; its first token and its end
    do not. 0: what has come together leaves together."""
    chat_deadline_s: PositiveS = 600.0
    """From a question to the end of its answer; then the answer breaks off."""
    resume_grace_s: Annotated[float, Meta(ge=0)] = 15.0
    """An answer whose reader has gone is kept for so long, where that reader can come back; then it is cancelled."""
    worker_return_s: Annotated[float, Meta(ge=0)] = 30.0
    """An answer that has begun waits so long for a worker when its model has none left, since one that died is started
    again; then it breaks off."""
    deleted_kept_s: Annotated[float, Meta(ge=0)] = 3_600.0
    """A deleted conversation can be restored for so long; then it is purged."""
    title_engines: tuple[str, ...] = ("vllm", "openai")
    """Engines whose models are asked for a title after the first answer of a conversation; none: titles stay the
    beginning of the question."""
    titles_at_a_time: Positive = 4
    """Of one edge; a conversation beyond it gets its title after the next answer."""
    title_deadline_s: PositiveS = 60.0
    """From such a question, which waits behind those of people, to its title."""
    queue_jobs: Positive = 10_000
    """What the work queue holds before it refuses: all workers' slots and the longest queue that may wait."""
