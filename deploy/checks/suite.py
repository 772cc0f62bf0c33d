"""`make test`: check, then every suite, then one line over all of them. Everything runs even when something failed.

vLLM has an environment of its own, so its tests are a second pytest; the totals are added up from the reports.
"""

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

REPORTS = Path("reports")
SUITES = ("unit", "contract", "integration", "e2e")
KEYS = ("tests", "failures", "errors", "skipped")
NO_TESTS = 5
"""pytest's exit status when a folder holds no test."""


@dataclass(frozen=True)
class Part:
    name: str
    command: tuple[str, ...]
    report: Path | None = None


@dataclass
class Totals:
    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0

    def add(self, report: Path) -> None:
        """Counts of a JUnit report; a report that is not there (the run crashed) is an error."""
        if not report.exists():
            self.errors += 1
            return
        for suite in ET.parse(report).getroot().iter("testsuite"):  # noqa: S314 our own file
            tests, failed, errors, skipped = (int(suite.get(key, "0")) for key in KEYS)
            self.passed += tests - failed - errors - skipped
            self.failed += failed
            self.errors += errors
            self.skipped += skipped

    def line(self, seconds: float) -> str:
        """As pytest ends, so that whoever reads pytest's last line reads this one."""
        counts = {
            "failed": self.failed,
            "passed": self.passed,
            "skipped": self.skipped,
            "errors": self.errors,
        }
        text = ", ".join(f"{count} {name}" for name, count in counts.items() if count or name == "passed")
        return f" {text} in {seconds:.2f}s ".center(100, "=")


def parts() -> list[Part]:
    folders = [f"tests/{name}" for name in SUITES if Path("tests", name).exists()]
    found = [Part("check", ("make", "check"))]
    if Path("tests/vllm").exists():
        found.append(Part("types of the vLLM adapter", ("make", "check-types-vllm")))
        found.append(Part("types of the quantizer", ("make", "check-types-quantize")))
        found.append(pytest_part("vllm", ".venv-vllm/bin/python", ["tests/vllm"]))
    found.append(pytest_part("tests", sys.executable, folders))
    return [*found, pytest_part("chaos", sys.executable, ["tests/chaos", "-m", "not full"])]


def pytest_part(name: str, python: str, folders: list[str]) -> Part:
    report = REPORTS / f"{name}.xml"
    return Part(name, (python, "-m", "pytest", *folders, "--durations=10", f"--junitxml={report}"), report)


def main() -> int:
    started = time.monotonic()
    totals = Totals()
    failed: list[str] = []
    for part in parts():
        if part.report is not None:
            part.report.unlink(missing_ok=True)
        print(f"\n### {part.name}: {' '.join(part.command)}", flush=True)
        since = time.monotonic()
        status = subprocess.run(part.command, check=False).returncode
        if status not in {0, NO_TESTS}:
            failed.append(part.name)
        if part.report is not None:
            totals.add(part.report)
        print(
            f"### {part.name}: {'ok' if part.name not in failed else 'FAILED'}, {time.monotonic() - since:.0f} s"
        )
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    print(totals.line(time.monotonic() - started), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
