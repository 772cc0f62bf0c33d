"""The log: one text a record, and columns that PostgreSQL computes from it, so that they cannot disagree."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE audit.records (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    canonical text NOT NULL,
    id text NOT NULL UNIQUE GENERATED ALWAYS AS (canonical::jsonb ->> 'id') STORED,
    at timestamptz NOT NULL
        GENERATED ALWAYS AS (to_timestamp((canonical::jsonb ->> 'at')::double precision)) STORED,
    actor text NOT NULL GENERATED ALWAYS AS (canonical::jsonb ->> 'actor') STORED,
    action text NOT NULL GENERATED ALWAYS AS (canonical::jsonb ->> 'action') STORED,
    resource text NOT NULL GENERATED ALWAYS AS (canonical::jsonb ->> 'resource') STORED,
    outcome text NOT NULL GENERATED ALWAYS AS (canonical::jsonb ->> 'outcome') STORED,
    stored_at timestamptz NOT NULL DEFAULT now()
)
"""

REFUSE = """
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit.records is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.records
FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("CREATE INDEX records_by_time ON audit.records (at)")
    op.execute("CREATE INDEX records_by_actor ON audit.records (actor, at)")
    op.execute(REFUSE)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.execute("DROP TABLE audit.records")
    op.execute("DROP FUNCTION audit.refuse_change()")
