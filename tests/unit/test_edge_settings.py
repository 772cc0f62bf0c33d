"""What the edge is told reaches the rules of chat; the rules' own defaults are the same."""

import msgspec
import pytest

from services.edge.app import chat_rules
from services.edge.domain.chat import ChatRules
from services.edge.settings import EdgeSettings
from shared.settings import SettingsError, load

REQUIRED = {"SLUICE_DATABASE_URL": "postgresql+asyncpg://", "SLUICE_KEYS_DIR": "keys"}
RULES = {
    "SLUICE_CHAT_MAX_MESSAGES": 11,
    "SLUICE_CHAT_MAX_CHARACTERS": 12,
    "SLUICE_CHAT_MAX_STREAMS": 13,
    "SLUICE_CHAT_MAX_STREAMS_PER_USER": 18,
    "SLUICE_CHAT_TURNS_AT_A_TIME": 14,
    "SLUICE_CHAT_PATIENCE_S": 15.5,
    "SLUICE_CHAT_DEADLINE_S": 16.5,
    "SLUICE_SEARCH_LIMIT": 17,
    "SLUICE_SEARCH_MIN_SCORE": 0.5,
    "SLUICE_RESUME_GRACE_S": 19.5,
    "SLUICE_WORKER_RETURN_S": 21.5,
    "SLUICE_QUEUE_JOBS": 20,
}


def test_every_rule_is_a_setting() -> None:
    settings = load(EdgeSettings, REQUIRED | {name: str(value) for name, value in RULES.items()})
    assert msgspec.structs.astuple(chat_rules(settings)) == tuple(RULES.values())


def test_defaults_are_in_one_mind() -> None:
    assert chat_rules(load(EdgeSettings, REQUIRED)) == ChatRules()


@pytest.mark.parametrize(("name", "value"), [("CHAT_TURNS_AT_A_TIME", "0"), ("CHAT_MAX_CHARACTERS", "1e9")])
def test_what_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"SLUICE_{name}"):
        load(EdgeSettings, REQUIRED | {f"SLUICE_{name}": value})
