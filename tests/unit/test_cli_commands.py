"""The command's face: exit codes, one line an error, nothing that a document says to the terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.local.ports import free_port
from services.cli.adapters.chat_stream import Source
from services.cli.app import cli
from services.cli.commands.chat import describe
from services.cli.commands.context import printable

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("SLUICE_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SLUICE_NATS_URL", f"nats://127.0.0.1:{free_port()}")
    return lambda *arguments, **options: CliRunner().invoke(cli, [str(one) for one in arguments], **options)


def test_wrong_lines_are_all_named_and_nothing_is_sent(run: Run, tmp_path: Path) -> None:
    jobs, results = tmp_path / "jobs.jsonl", tmp_path / "results.jsonl"
    jobs.write_text('{"prompt":"Fine?"}\n{"prompt":"a","max_tokens":-1}\n{"nonsense":1}\n')
    ended = run("submit", jobs, "-o", results)
    assert ended.exit_code == 2
    assert "line 2: Expected `int` >= 1 - at `$.max_tokens`" in ended.stderr
    assert "line 3: Object contains unknown field `nonsense`" in ended.stderr
    assert results.read_text() == ""


def test_without_a_sign_in_and_a_terminal_it_says_what_to_do(run: Run) -> None:
    ended = run("chat", "Why?")
    assert (ended.exit_code, ended.stderr) == (3, "sluice: Nobody is signed in. Run: sluice login\n")


def test_an_edge_that_is_away_is_told_from_a_wrong_password(run: Run) -> None:
    ended = run("login", "--username", "ada", "--password-stdin", input="secret\n")
    assert (ended.exit_code, ended.stderr) == (4, "sluice: The edge does not answer (ConnectError).\n")


def test_a_setting_that_makes_no_sense_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_SHUTDOWN_GRACE_S", "soon")
    ended = run("chat", "Why?")
    assert ended.exit_code == 2
    assert "SLUICE_SHUTDOWN_GRACE_S='soon'" in ended.stderr


def test_a_folder_that_is_not_there_is_no_trace(run: Run, tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.jsonl"
    jobs.write_text('{"prompt":"Fine?"}\n')
    ended = run("submit", jobs, "-o", tmp_path / "nowhere" / "results.jsonl")
    assert ended.exit_code == 1
    assert "No such file or directory" in ended.stderr


def test_what_an_answer_holds_does_not_command_the_terminal() -> None:
    assert printable("red\x1b[31m bell\x07\x9b31m\ttab\nline 中文 🙂") == "red[31m bell31m\ttab\nline 中文 🙂"


def test_a_source_is_told_in_a_line() -> None:
    told = describe(Source(2, "notes\x1b.md", "The notice period\nis three   months. " * 9))
    assert told.startswith("[2] notes.md  The notice period is three months. The")
    assert told.endswith("…")
    assert "\n" not in told
