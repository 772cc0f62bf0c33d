"""Where the bus is, and how many copies it keeps."""

import pytest

from shared.settings import BaseSettings, SettingsError, load, servers


def test_one_server_or_several() -> None:
    assert servers("nats://one:4222") == ["nats://one:4222"]
    assert servers(" nats://u:p@one:4222, nats://u:p@two:4222,") == [
        "nats://u:p@one:4222",
        "nats://u:p@two:4222",
    ]


def test_a_list_without_a_server_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="SLUICE_NATS_URL"):
        load(BaseSettings, {"SLUICE_NATS_URL": " , "})


def test_replicas_are_as_many_as_nats_can_keep() -> None:
    assert load(BaseSettings, {}).nats_replicas is None
    assert load(BaseSettings, {"SLUICE_NATS_REPLICAS": "3"}).nats_replicas == 3
    for wrong in ("0", "6", "three"):
        with pytest.raises(SettingsError, match="SLUICE_NATS_REPLICAS"):
            load(BaseSettings, {"SLUICE_NATS_REPLICAS": wrong})
