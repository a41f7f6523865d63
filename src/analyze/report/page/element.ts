import { shownText } from "../../../core/shown-text.js";

/** What an element is made of: text is put in as text, never as markup. */
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
