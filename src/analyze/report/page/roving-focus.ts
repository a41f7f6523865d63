import { nearest, type Way } from "./nearest.js";

/**
 * Makes the buttons of a figure one stop of the Tab key: arrows go from one to the next in their direction, Home and End
 * to the first and the last. To be called again when the buttons are others.
 */
export function rovingFocus(figure: HTMLElement, buttons: readonly HTMLElement[]): void {
  for (const [at, one] of buttons.entries()) {
    one.tabIndex = at === 0 ? 0 : -1;
    one.addEventListener("focus", () => {
      for (const other of buttons) other.tabIndex = other === one ? 0 : -1;
    });
  }
  figure.onkeydown = (event) => {
    const next = nextButton(event, buttons);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
}

function nextButton(
  { key, target, altKey, ctrlKey, metaKey }: KeyboardEvent,
  buttons: readonly HTMLElement[],
): HTMLElement | undefined {
  if (altKey || ctrlKey || metaKey || !buttons.includes(target as HTMLElement)) return undefined;
  if (key === "Home") return buttons[0];
  if (key === "End") return buttons.at(-1);
  if (!key.startsWith("Arrow")) return undefined;
  const others = buttons.filter((one) => one !== target);
  const places = others.map((one) => one.getBoundingClientRect());
  const at = nearest((target as HTMLElement).getBoundingClientRect(), places, key as Way);
  return at === undefined ? undefined : others[at];
}
