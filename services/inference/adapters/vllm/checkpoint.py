"""The operator's word on quantisation against the checkpoint's own."""

import json
from pathlib import Path

from services.inference.domain.checkpoint import contradiction
from shared.settings import SettingsError


def check_quantization(model: str, asked: str | None) -> None:
    """Raises `SettingsError` where they contradict each other. A model of the hub is left to vLLM, which fetches it."""
    path = Path(model) / "config.json"
    if not asked or not path.is_file():
        return
    try:
        config = json.loads(path.read_bytes())
    except ValueError as error:
        raise SettingsError(f"SLUICE_MODEL={model}: config.json is not JSON ({error})") from error
    if isinstance(config, dict) and (wrong := contradiction(config, asked)):
        raise SettingsError(f"quantization={asked}: {wrong}")
