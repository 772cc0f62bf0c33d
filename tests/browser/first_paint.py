"""How long the first token of an answer takes from the network to the screen, as the page itself can tell."""

from playwright.sync_api import BrowserContext, Page

# The first piece of text is heard where the page reads its stream; that it is in the page is seen by an observer, and
# that it is painted by the frame after that.
WATCH = """
window.paints = [];
(() => {
  let arrived = 0;
  const read = ReadableStreamDefaultReader.prototype.read;
  ReadableStreamDefaultReader.prototype.read = function (...given) {
    return read.apply(this, given).then((piece) => {
      if (!arrived && piece.value instanceof Uint8Array) {
        if (new TextDecoder().decode(piece.value).includes('"text-delta"')) arrived = performance.now();
      }
      return piece;
    });
  };
  new MutationObserver(() => {
    if (!arrived || !Number.isFinite(arrived)) return;
    const answer = [...document.querySelectorAll("article[aria-busy=true] .markdown")].at(-1);
    if (!answer?.textContent.trim()) return;
    const [from, inPage] = [arrived, performance.now()];
    arrived = Number.POSITIVE_INFINITY;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.paints.push({ inPage: inPage - from, painted: performance.now() - from });
      port2.postMessage(null);
    });
  }).observe(document, { subtree: true, childList: true, characterData: true });
  window.awaitNext = () => { arrived = 0; };
})();
"""


def watch_paints(context: BrowserContext) -> None:
    context.add_init_script(WATCH)


def await_next(page: Page) -> None:
    page.evaluate("window.awaitNext()")


def paints_of(page: Page) -> list[dict[str, float]]:
    """Milliseconds from the arrival of each answer's first token: until it was in the page, and on the screen."""
    return page.evaluate("window.paints")
