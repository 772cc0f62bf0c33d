"""What moves on a page by itself, as Chromium counts it: layout shifts that no input of the reader's has caused."""

from typing import Any

from playwright.sync_api import BrowserContext, Page

WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const sources = entry.sources.map(({ node, previousRect: from, currentRect: to }) => ({
      what: node ? (node.nodeName + " " + (node.className?.baseVal ?? node.className ?? "")).slice(0, 90) : "gone",
      text: (node?.textContent ?? "").slice(0, 40),
      from: [from.x, from.y, from.width, from.height],
      to: [to.x, to.y, to.width, to.height],
    }));
    window.shifts.push({ value: entry.value, by: entry.hadRecentInput, at: entry.startTime, sources });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


def watch_shifts(context: BrowserContext) -> None:
    """Of all pages that are opened from now on."""
    context.add_init_script(WATCH)


def shifts_of(page: Page) -> list[dict[str, Any]]:
    """Also those soon after a key was pressed: who asks and waits has not caused what comes a moment later."""
    return page.evaluate("window.shifts")


def forget_shifts(page: Page) -> None:
    page.evaluate("window.shifts.length = 0")


def told(shifts: list[dict[str, Any]]) -> str:
    lines: list[str] = []
    for shift in shifts:
        lines.append(f"{shift['value']:.4f} at {shift['at']:.0f} ms")
        lines += [
            f"    {one['what']} “{one['text']}” {one['from']} → {one['to']}" for one in shift["sources"]
        ]
    return "\n".join(lines)
