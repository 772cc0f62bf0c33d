"""The canonical text of a record: what the log keeps, and what its chain will cover."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain import canonical
from shared.messages import AuditRecord

SCALARS = st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats())
RECORDS = st.builds(
    AuditRecord,
    id=st.text("0123456789abcdef", min_size=32, max_size=32),
    at=st.floats(0, 4e9),
    actor=st.text(),
    action=st.text(),
    outcome=st.sampled_from(["ok", "refused", "failed"]),
    detail=st.dictionaries(st.text(), SCALARS, max_size=4),
)


def test_is_the_same_whatever_the_order_of_the_detail() -> None:
    one = AuditRecord("r1", 1.5, "ada", "user.login", detail={"a": 1, "b": "x"})
    other = AuditRecord("r1", 1.5, "ada", "user.login", detail={"b": "x", "a": 1})
    assert canonical(one) == canonical(other)


def test_is_this_text() -> None:
    record = AuditRecord(
        "r1", 1.5, "ada", "chat.start", "chat:7", "refused", {"tokens": 3, "reason": "限额"}, "t1"
    )
    assert canonical(record).decode() == (
        '{"action":"chat.start","actor":"ada","at":1.5,"detail":{"reason":"限额","tokens":3},'
        '"id":"r1","outcome":"refused","resource":"chat:7","trace_id":"t1"}'
    )


def test_has_every_field_also_at_its_default() -> None:
    assert canonical(AuditRecord("r1", 2.0, "ada", "user.login")).decode() == (
        '{"action":"user.login","actor":"ada","at":2.0,"detail":{},'
        '"id":"r1","outcome":"ok","resource":"","trace_id":""}'
    )


def test_a_nul_does_not_keep_a_record_out_of_the_log() -> None:
    text = canonical(AuditRecord("r1", 2.0, "a\0da", "user.login", detail={"na\0me": "\0", "n": 1})).decode()
    assert "\\u0000" not in text
    assert '"actor":"a\ufffdda"' in text
    assert '"detail":{"n":1,"na\ufffdme":"\ufffd"}' in text


def test_what_is_no_number_in_json_is_kept_by_name() -> None:
    detail: dict[str, str | int | float | bool] = {"above": float("inf"), "none": float("nan")}
    text = canonical(AuditRecord("r1", 2.0, "ada", "user.login", detail=detail)).decode()
    assert '"detail":{"above":"inf","none":"nan"}' in text


@given(RECORDS)
def test_reads_back_as_the_record_that_it_was_made_from(record: AuditRecord) -> None:
    text = canonical(record)
    read = msgspec.convert(msgspec.json.decode(text) | {"type": "AuditRecord"}, AuditRecord)
    assert canonical(read) == text
    assert (read.id, read.at, read.outcome) == (record.id, record.at, record.outcome)
