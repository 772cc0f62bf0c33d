"""How long files and functions are, in Python and TypeScript. A screen is 60 lines; nobody reads past 300."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60
SKIPPED_FOLDERS = {
    "node_modules",
    ".next",
    "__pycache__",
    "dist",
    "build",
    ".git",
    ".venv",
    ".venv-vllm",
    ".venv-quantize",
    ".venv-litellm",
    ".sluice",
}
TYPESCRIPT = {".ts", ".tsx"}
TYPESCRIPT_FUNCTION = re.compile(
    r"^(?P<indent>\s*)(?=\S)(?!describe\b)"
    r"(?:.*\bfunction\b.*|.*=>\s*|(?!(?:if|for|while|switch|catch|else|return)\b)"
    r"(?:(?:public|private|protected|static|async|get|set)\s+)*[\w#]+\s*\(.*)\{\s*$"
)


@dataclass(frozen=True)
class TooLong:
    path: Path
    what: str
    lines: int

    def __str__(self) -> str:
        return f"{self.path}: {self.what} has {self.lines} lines"


def source_files(root: Path) -> Iterator[Path]:
    """Every Python and TypeScript file that a person writes."""
    for path in sorted(root.iterdir()):
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS:
                yield from source_files(path)
        elif path.suffix in {".py", *TYPESCRIPT} and not path.name.endswith(".d.ts"):
            yield path


def too_long(path: Path) -> Iterator[TooLong]:
    text = path.read_text(encoding="utf-8")
    count = len(text.splitlines())
    if count > MAX_FILE_LINES:
        yield TooLong(path, "the file", count)
    functions = typescript_functions(text) if path.suffix in TYPESCRIPT else python_functions(text)
    for name, lines in functions:
        if lines > MAX_FUNCTION_LINES:
            yield TooLong(path, name, lines)


def python_functions(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def typescript_functions(text: str) -> Iterator[tuple[str, int]]:
    """Formatted code closes a body at the indentation of the line that opened it: no parser is needed."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        match = TYPESCRIPT_FUNCTION.match(line)
        if match is None:
            continue
        closing = match["indent"] + "}"
        end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith(closing)), len(lines) - 1)
        yield line.strip(), end - start + 1
