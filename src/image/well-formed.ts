/** True when text has no lone surrogate: such a one has no UTF-8, and so cannot be a path or a value on Linux. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
