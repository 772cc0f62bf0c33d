// The place where people write, which the focus goes back to when the button that they pressed is gone.

const FIELD = "textarea[data-composer]";

/** Not where that would bring up a keyboard on the screen. Whether it has it. */
export function focusComposer(): boolean {
  if (!window.matchMedia("(pointer: fine)").matches) return false;
  const field = document.querySelector<HTMLTextAreaElement>(FIELD);
  field?.focus({ preventScroll: true });
  return field !== null;
}
