"""What the audit service can be told."""

from shared.settings import BaseSettings


class AuditSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str
    """`postgresql+asyncpg://…`; the service keeps to the schema `audit`."""
    in_flight: int = 1
    """Records handed over by NATS and not yet settled. More than one is faster, and gives up the stream's order
    when records come again after an outage."""
    ack_wait_s: float = 10.0
    """A record that an instance took with it when it died comes again after so long."""
    retry_delay_s: float = 2.0
    """How long a record waits on the bus before it comes again, while PostgreSQL is away."""
