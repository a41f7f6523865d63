import { shownText } from "../../../core/shown-text.js";
import { nearest, type Way } from "./geometry.js";

/** The content of an element: text is put in as text, never as markup. */
export type Child = Node | string | number | undefined | false;

/** Attributes by name; `true` is an empty attribute, `undefined` and `false` none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element of HTML. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** Makes a button that does something. */
export function button(
  attributes: Attributes,
  press: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const made = el("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", press);
  return made;
}

/** Puts a box somewhere in the box around it, in pixels. */
export function placeAt(box: HTMLElement, x: number, y: number, width: number, height: number): void {
  // Through the object model: the page's policy allows no style attributes.
  Object.assign(box.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
}

function fill<Made extends Element>(made: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : shownText(String(value)));
  }
  for (const child of children) {
    if (child === undefined || child === false) continue;
    made.append(typeof child === "object" ? child : shownText(String(child)));
  }
  return made;
}

/** A column of a table. Numbers stand to the right. */
export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

/** Makes columns of numbers. */
export function numbers(...titles: readonly string[]): Column[] {
  return titles.map((title) => ({ title, number: true }));
}

/** Makes a box with a name for screen readers. */
export function group(kind: string, name: string): HTMLElement {
  return el("div", { class: kind, role: "group", "aria-label": name });
}

/** Makes the lines about a thing that is pointed at. */
export function facts(what: string, lines: readonly string[], origin: string): HTMLElement[] {
  return [
    el("p", { class: "what" }, what),
    el("p", {}, lines.join(" · ")),
    el("p", { class: "origin" }, origin),
  ];
}

/** Makes the paragraph at the head of a section. */
export function lead(text: string): HTMLElement {
  return el("p", { class: "lead" }, text);
}

/** The cell of a row: what is shown. */
export type Cells = readonly Child[];

/** A table that says what it is. Roles are written out: on a phone its rows are drawn as cards, which would lose them. */
export function table(caption: string, columns: readonly Column[], rows: readonly Cells[]): HTMLTableElement {
  const heads = columns.map(({ title, number }) =>
    el("th", { scope: "col", role: "columnheader", class: number && "number" }, title),
  );
  return el(
    "table",
    { role: "table" },
    el("caption", {}, caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads)),
    el("tbody", { role: "rowgroup" }, ...rows.map((cells) => tableRow(columns, cells))),
  );
}

/** A row of a table; its first cell is its heading. */
export function tableRow(columns: readonly Column[], cells: Cells): HTMLTableRowElement {
  const made = cells.map((cell, at) => {
    const { title, number } = columns[at]!;
    const attributes = { "data-title": title, class: number && "number" };
    return at === 0
      ? el("th", { scope: "row", role: "rowheader", ...attributes }, cell)
      : el("td", { role: "cell", ...attributes }, cell);
  });
  return el("tr", { role: "row" }, ...made);
}

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
