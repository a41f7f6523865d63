/**
 * Reads a pattern over the names of a catalog: `*` is any text and `?` any character inside of one part of a name, `**`
 * is any number of parts. `api/*` is every image right below `api`, and `**` every image there is.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[\\^$.+()[\]{}|/]/g, (found) => {
    if (found === "**/") return "(?:.*/)?";
    if (found === "**") return ".*";
    if (found === "*") return "[^/]*";
    return found === "?" ? "[^/]" : `\\${found}`;
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
