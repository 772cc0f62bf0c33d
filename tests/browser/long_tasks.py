"""What keeps a page from answering its reader: tasks of more than 50 ms, and frames that came late."""

from playwright.sync_api import BrowserContext, Page

WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) window.longTasks.push({ startTime, duration });
}).observe({ type: "longtask", buffered: true });
"""


def watch_tasks(context: BrowserContext) -> None:
    context.add_init_script(WATCH)


def forget_tasks(page: Page) -> None:
    page.evaluate("window.longTasks.length = 0")


def long_tasks_ms(page: Page) -> list[float]:
    return [task["duration"] for task in page.evaluate("window.longTasks")]
