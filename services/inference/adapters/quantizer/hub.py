"""A model of the hub: looked at before its gigabytes are fetched."""

from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from tqdm.auto import tqdm

from services.inference.adapters.quantizer.folders import check_room, config_of
from services.inference.domain.quantizing import check_config
from shared.errors import InvalidRequest, NotFound, Unavailable

WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
TIMEOUT_S = 15


class Shown(tqdm):
    """The only bar that is not turned off: how far the download is."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "disable": False})


def fetch(model: str, out: Path) -> Path:
    """Its folder in the hub's cache. Raises `NotFound`, `Unavailable`, `InvalidRequest`, `TooLarge`."""
    try:
        return Path(snapshot_download(model, allow_patterns=WANTED, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        listed = HfApi().model_info(model, files_metadata=True, timeout=TIMEOUT_S).siblings or []
        check_config(config_of(Path(snapshot_download(model, allow_patterns=["config.json"]))))
        size = sum(one.size or 0 for one in listed if one.rfilename.endswith(".safetensors"))
        if not size:
            raise InvalidRequest(f"{model} has no weights as safetensors.")
        check_room(out, size)
        return Path(snapshot_download(model, allow_patterns=WANTED, tqdm_class=Shown))
    except RepositoryNotFoundError as error:
        raise NotFound(
            f"The hub has no model '{model}', or does not show it without a token (HF_TOKEN)."
        ) from error
    except (OfflineModeIsEnabled, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        name = type(error).__name__
        raise Unavailable(f"'{model}' is not on this disk, and the hub does not answer ({name}).") from error
