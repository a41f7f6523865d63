/** An entry of a layer as a test looks at it. */
export interface TestEntry {
  readonly path: string;
  readonly type: "file" | "folder" | "symlink" | "hardlink" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly text: string;
  readonly target: string | undefined;
}

const TYPES = { "0": "file", "1": "hardlink", "2": "symlink", "5": "folder" } as const;

/** Reads a ustar that has no PAX records but those it skips; a second reader, so that tests do not trust the first. */
export function readTarEntries(tar: Uint8Array): TestEntry[] {
  const bytes = Buffer.from(tar);
  const entries: TestEntry[] = [];
  for (let at = 0; at + 512 <= bytes.length; ) {
    const text = (from: number, length: number) =>
      bytes.toString("utf8", at + from, at + from + length).split("\0")[0]!;
    const number = (from: number, length: number) => Number.parseInt(text(from, length) || "0", 8);
    if (bytes[at] === 0) break;
    const size = number(124, 12);
    const flag = text(156, 1);
    const prefix = text(345, 155);
    const name = prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`;
    const content = bytes.toString("utf8", at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
    if (flag === "x") continue;
    const start = at - 512 - Math.ceil(size / 512) * 512;
    const field = (from: number, length: number) =>
      Number.parseInt(bytes.toString("latin1", start + from, start + from + length) || "0", 8);
    const link = bytes.toString("utf8", start + 157, start + 257).split("\0")[0]!;
    entries.push({
      path: name.replace(/\/$/, ""),
      type: TYPES[flag as keyof typeof TYPES] ?? "other",
      mode: field(100, 8),
      uid: field(108, 8),
      gid: field(116, 8),
      mtime: field(136, 12),
      text: content,
      target: link === "" ? undefined : link,
    });
  }
  return entries;
}
