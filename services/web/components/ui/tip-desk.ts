// When a tooltip is shown and when it goes.

export interface Tip {
  id: number;
  element: HTMLElement;
  label: string;
  keys?: string;
  side: "top" | "right" | "bottom" | "left";
}

const DELAY_MS = 500;
/** So soon after another one it comes at once. */
const IN_A_ROW_MS = 200;
/** For the pointer to get from the element to its tooltip, which must not vanish under it. */
const LEAVING_MS = 120;

export class TipDesk {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private offered: HTMLElement | null = null;
  private isShown = false;
  private hiddenAt = Number.NEGATIVE_INFINITY;
  private count = 0;

  constructor(
    private readonly load: () => Promise<boolean>,
    private readonly show: (tip: Tip | null) => void,
  ) {}

  offer(tip: Omit<Tip, "id">, at: "soon" | "once"): void {
    clearTimeout(this.timer);
    void this.load();
    const inARow = this.isShown || performance.now() - this.hiddenAt < IN_A_ROW_MS;
    this.offered = tip.element;
    this.timer = setTimeout(
      () => {
        this.isShown = true;
        this.count += 1;
        this.show({ ...tip, id: this.count });
      },
      at === "once" || inARow ? 0 : DELAY_MS,
    );
  }

  /** The pointer is on the tooltip itself. */
  keep = (): void => clearTimeout(this.timer);

  withdraw = (): void => {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.dismiss, this.isShown ? LEAVING_MS : 0);
  };

  dismiss = (): void => {
    clearTimeout(this.timer);
    if (this.isShown) this.hiddenAt = performance.now();
    this.isShown = false;
    this.offered = null;
    this.show(null);
  };

  /** An element has left the page. */
  gone(element: HTMLElement | null): void {
    if (element && element === this.offered) this.dismiss();
  }
}
