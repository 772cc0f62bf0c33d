"""`make test` says whether all of it passed: whatever goes wrong beside whatever else."""

import sys
from pathlib import Path

import pytest

from deploy.checks.suite import Part, Suite


def part(name: str, code: str) -> Part:
    return Part(name, (sys.executable, "-c", code))


def test_a_part_that_fails_beside_others_is_named_and_the_rest_is_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    suite = Suite()
    suite.run([[part("one", "raise SystemExit(1)"), part("two", "print('went on')")], [part("three", "")]])
    assert suite.failed == ["one"]
    assert "went on" in capfd.readouterr().out


def test_a_part_that_cannot_be_run_does_not_pass_for_one_that_has_passed() -> None:
    suite = Suite()
    with pytest.raises(FileNotFoundError):
        suite.run([[Part("gone", ("/nowhere/python",))], [part("beside", "raise SystemExit(1)")]])
    assert suite.failed == ["beside"]


def test_a_report_that_was_not_written_is_an_error(tmp_path: Path) -> None:
    suite = Suite()
    suite.run([[Part("crashed", (sys.executable, "-c", ""), tmp_path / "report.xml")]])
    assert suite.totals.errors == 1
