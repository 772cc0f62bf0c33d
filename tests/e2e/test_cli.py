"""`sluice` against the whole product: sign in once, add a document, ask, batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import Stack

SENTENCE = "The lighthouse keeper feeds the harbour cat at half past five."
GUIDE = f"# Guide\n\nThe mole is closed in winter.\n\n{SENTENCE}\n\nBread is sold on the quay.\n"
WITHIN_S = 40.0

pytestmark = pytest.mark.timeout(240)
"""Each command is a new process, and the stack starts within the first test."""


class Terminal:
    def __init__(self, stack: Stack, home: Path) -> None:
        self._stack = stack
        self._environ = {
            **os.environ,
            "XDG_CONFIG_HOME": str(home),
            "SLUICE_URL": stack.url,
            "SLUICE_NATS_URL": stack.nats_url,
        }

    def run(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [sys.executable, "-m", "services.cli", *map(str, arguments)],
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    def done(self, *arguments: str | Path, stdin: str = "") -> str:
        ended = self.run(*arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def terminal(extractive: Stack, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Signed in, with one document."""
    home = tmp_path_factory.mktemp("home")
    terminal = Terminal(extractive, home)
    terminal.done("login", "--username", "admin", "--password-stdin", stdin=f"{extractive.password}\n")
    guide = home / "guide.md"
    guide.write_text(GUIDE)
    added = terminal.done("documents", "add", guide)
    assert added.split()[1] == "ready"
    assert "guide.md" in added
    return terminal


def test_an_answer_is_shown_with_its_sources(terminal: Terminal) -> None:
    told = terminal.done("chat", "When does the lighthouse keeper feed the cat?")
    answer, _, sources = told.partition("[1] guide.md")
    assert SENTENCE in answer
    assert sources


def test_a_question_may_come_by_standard_input(terminal: Terminal) -> None:
    assert SENTENCE in terminal.done("chat", stdin="When does the lighthouse keeper feed the cat?")


def test_what_the_edge_refuses_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    unknown = terminal.run("chat", "--model", "gpt-9", "Why?")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("sluice: ")
    assert "gpt-9" in unknown.stderr
    empty = tmp_path / "empty.md"
    empty.write_bytes(b"")
    refused = terminal.run("documents", "add", empty)
    assert refused.returncode == 1
    assert str(empty) in refused.stderr


def test_documents_are_listed_and_deleted(terminal: Terminal, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("Something else altogether.")
    id = terminal.done("documents", "add", other).split()[0]
    assert id in terminal.done("documents", "list")
    terminal.done("documents", "delete", id)
    assert id not in terminal.done("documents", "list")
    assert terminal.run("documents", "delete", id).returncode == 1


def test_a_batch_goes_past_the_edge(terminal: Terminal, tmp_path: Path) -> None:
    jobs, results = tmp_path / "jobs.jsonl", tmp_path / "results.jsonl"
    jobs.write_text("".join(json.dumps({"id": f"q{n}", "prompt": f"Question {n}?"}) + "\n" for n in range(5)))
    terminal.done("submit", jobs, "-o", results)
    answered = [json.loads(line) for line in results.read_text().splitlines()]
    assert [one["id"] for one in answered] == [f"q{n}" for n in range(5)]
    assert {one["model"] for one in answered} == {"sluice-extractive"}
    assert all(one["text"] for one in answered)


def test_a_wrong_password_signs_nobody_in(terminal: Terminal) -> None:
    refused = terminal.run("login", "--username", "admin", "--password-stdin", stdin="wrong\n")
    assert refused.returncode == 3
    assert refused.stderr.startswith("sluice: ")
    assert SENTENCE in terminal.done("chat", "When does the lighthouse keeper feed the cat?")
