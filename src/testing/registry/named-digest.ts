/** The algorithms that the image spec registers, with the hex characters of a digest. */
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

const GRAMMAR = /^([a-z0-9]+):([a-f0-9]+)$/;

/** The algorithm of a well-formed digest that can be checked here; undefined for any other text. */
export function digestAlgorithm(text: string): string | undefined {
  const [, algorithm = "", hex = ""] = GRAMMAR.exec(text) ?? [];
  return hex !== "" && HEX_LENGTHS[algorithm] === hex.length ? algorithm : undefined;
}
