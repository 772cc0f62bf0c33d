"""`make test`: check, then every suite, then one line over all of them. Everything runs even when something failed.

vLLM has an environment of its own, so its tests are a second pytest; the totals are added up from the reports. Mostly
one process of it computes: what asks for no timing goes on beside it, on the other core.
"""

import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPORTS = Path("reports")
BESIDE_VLLM = ("unit", "contract", "e2e")
"""They hold hardly anything to the second, as tests/integration and tests/chaos do, which have the machine alone."""
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
        root = ET.parse(report).getroot()  # noqa: S314 our own file
        for case in root.findall("testcase"):  # node's runner puts them into no suite
            kinds = {child.tag for child in case}
            self.failed += "failure" in kinds
            self.skipped += "skipped" in kinds
            self.passed += not kinds & {"failure", "skipped"}
        for suite in root.iter("testsuite"):
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


Lane = list[Part]
"""One after the other."""


def stages() -> list[list[Lane]]:
    """One after the other; the lanes of each go side by side."""
    vllm = [pytest_part("vllm", ".venv-vllm/bin/python", ["tests/vllm"])]
    beside = [
        Part("check", ("make", "check")),
        web_part(),
        Part("types of the vLLM adapter", ("make", "check-types-vllm")),
        Part("types of the quantizer", ("make", "check-types-quantize")),
        pytest_part("tests", sys.executable, [f"tests/{name}" for name in BESIDE_VLLM]),
    ]
    integration = [pytest_part("integration", sys.executable, ["tests/integration"])]
    browser = [
        Part("chromium", (sys.executable, "-m", "deploy.checks.browser")),
        pytest_part("browser", sys.executable, ["tests/browser"]),
    ]
    chaos = [pytest_part("chaos", sys.executable, ["tests/chaos", "-m", "not full"])]
    return [[vllm, beside], [integration], [browser], [chaos]]


def pytest_part(name: str, python: str, arguments: list[str]) -> Part:
    report = REPORTS / f"{name}.xml"
    return Part(name, (python, "-m", "pytest", *arguments, "--durations=10", f"--junitxml={report}"), report)


def web_part() -> Part:
    report = REPORTS / "web.xml"
    return Part("web", ("make", "test-web", f"REPORT={report}"), report)


class Suite:
    def __init__(self) -> None:
        self.totals = Totals()
        self.failed: list[str] = []
        self._telling = threading.Lock()

    def run(self, lanes: list[Lane]) -> None:
        """Raises what kept a lane from being run, when the others are over."""
        alone = len(lanes) == 1
        with ThreadPoolExecutor(len(lanes)) as pool:
            running = [pool.submit(self._run_lane, lane, alone) for lane in lanes]
        for lane in running:
            lane.result()

    def _run_lane(self, lane: Lane, alone: bool) -> None:
        for part in lane:
            self._run_part(part, alone)

    def _run_part(self, part: Part, alone: bool) -> None:
        if part.report is not None:
            part.report.unlink(missing_ok=True)
        since = time.monotonic()
        print(f"\n### {part.name}: {' '.join(part.command)}", flush=True)
        status = subprocess.run(part.command, check=False).returncode if alone else self._run_beside(part)
        with self._telling:
            self._count(part, status)
            found = "FAILED" if part.name in self.failed else "ok"
            print(f"### {part.name}: {found}, {time.monotonic() - since:.0f} s", flush=True)

    def _run_beside(self, part: Part) -> int:
        """What it says is told when it is over, in one piece. By way of a file: a pipe would be open for as long as
        anything that it has started."""
        with tempfile.TemporaryFile("w+", errors="replace") as said:
            ended = subprocess.run(part.command, check=False, stdout=said, stderr=subprocess.STDOUT)
            said.seek(0)
            with self._telling:
                print(f"\n### what {part.name} said:\n{said.read()}", end="", flush=True)
        return ended.returncode

    def _count(self, part: Part, status: int) -> None:
        if status not in {0, NO_TESTS}:
            self.failed.append(part.name)
        if part.report is not None:
            self.totals.add(part.report)


def main() -> int:
    started = time.monotonic()
    suite = Suite()
    for lanes in stages():
        suite.run(lanes)
    if suite.failed:
        print(f"\nfailed: {', '.join(suite.failed)}")
    print(suite.totals.line(time.monotonic() - started), flush=True)
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())
