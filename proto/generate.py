"""Writes `proto/` and `docs/settings.md`, or says what in them has drifted.

python -m proto.generate           write
python -m proto.generate --check   exit 1 if a file is not as it would be written
"""

import json
import sys
from pathlib import Path

import msgspec

from proto.asyncapi import asyncapi, schemas
from proto.settings import settings
from proto.table import readme
from services.edge.app import build_app
from services.edge.settings import EdgeSettings

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent


def documents() -> dict[Path, str]:
    """Each generated file with its text."""
    named = {FOLDER / "schemas" / f"{name}.json": _json(schema) for name, schema in schemas().items()}
    return {
        FOLDER / "openapi.json": _json(openapi()),
        FOLDER / "asyncapi.yaml": msgspec.yaml.encode(asyncapi()).decode(),
        FOLDER / "README.md": readme(),
        ROOT / "docs" / "settings.md": settings(),
        **named,
    }


def openapi() -> object:
    """Of the edge as it is built; nothing is connected for it."""
    return build_app(
        EdgeSettings(database_url="postgresql+asyncpg://", keys_dir="")
    ).openapi_schema.to_schema()


def main() -> int:
    wanted = documents()
    stale = [path for path in (FOLDER / "schemas").glob("*.json") if path not in wanted]
    drifted = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in sys.argv:
        for path in drifted + stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} has drifted: run `make proto`\n")
        return 1 if drifted or stale else 0
    (FOLDER / "schemas").mkdir(exist_ok=True)
    for path in drifted:
        path.write_text(wanted[path], "utf-8")
    for path in stale:
        path.unlink()
    sys.stdout.write(f"{len(wanted)} files, {len(drifted)} written, {len(stale)} removed\n")
    return 0


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
