/**
 * Tells the names of images that a pattern means: `*` is any text and `?` any character. A name is no path, so the
 * patterns of copy sources are not these.
 */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
