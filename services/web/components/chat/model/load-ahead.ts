// What a question needs, and reading does not: loaded while it is typed.

import { loadHealing } from "../markdown/use-healed";
import { loadChat } from "./lazy-chat";

export function loadAhead(): void {
  // what does not come is asked for again when it is needed, and fails there
  void Promise.allSettled([loadChat(), loadHealing()]);
}
