import { type Origin, originText } from "../../errors/origin.js";

/** Lines of the user's files by number, so that each is written once. */
export class LineList {
  readonly #numbers = new Map<string, number>();

  /** The number of a line; undefined where no line is known. */
  numberOf(origin: Origin | undefined): number | undefined {
    if (origin === undefined) return undefined;
    const text = originText({ file: origin.file, line: origin.line });
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get texts(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}
