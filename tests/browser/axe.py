"""axe-core, run in a page: what it finds wrong for people who use a keyboard, a screen reader or large contrast."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parents[2] / "services/web/node_modules/axe-core/axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RULES = (*WCAG, "best-practice")


def violations(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """One line for each element that breaks a rule. It reaches the page from outside, so the content security policy
    stays as it is."""
    page.evaluate(source())
    found: dict[str, Any] = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", [*rules]
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def source() -> str:
    return SOURCE.read_text()
