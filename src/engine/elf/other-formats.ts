/** The interpreter of a script's first line (`#!`), or undefined when it is no script. */
export function shebangOf(start: Buffer): string | undefined {
  if (start.toString("latin1", 0, 2) !== "#!") return undefined;
  const line = start.toString("utf8", 2).split("\n")[0] ?? "";
  const words = line.trim().split(/[ \t]+/);
  // `/usr/bin/env node` needs node; env is everywhere that node is.
  const named = /(^|\/)env$/.test(words[0] ?? "")
    ? words.slice(1).find((word) => !word.startsWith("-"))
    : words[0];
  return (named ?? words[0] ?? "").slice(0, 200);
}

/** What a file that is no ELF file starts like. */
export function formatOf(start: Buffer): string {
  if (start.length === 0) return "an empty file";
  const hex = start.toString("hex", 0, 4);
  if (["feedface", "feedfacf", "cefaedfe", "cffaedfe"].includes(hex)) return "a macOS program (Mach-O)";
  if (hex === "cafebabe") return "a macOS universal program or a Java class";
  if (hex.startsWith("4d5a")) return "a Windows program (PE)";
  if (hex === "0061736d") return "a WebAssembly module";
  if (hex.startsWith("1f8b")) return "a gzip file";
  if (hex === "504b0304") return "a zip file";
  const shown = start.toString("hex", 0, 8).match(/../g)?.join(" ");
  return `a file that starts with the bytes ${shown}`;
}
