import { execFile } from "node:child_process";
import { pathFromBytes } from "../../core/bytes.js";

/**
 * The `security.capability` of the files below a folder, by path. Node cannot read extended attributes, so
 * `getfattr` does it where it is installed; without it there are none, as for every tool that copies files plainly.
 */
export async function readCapabilities(root: string): Promise<ReadonlyMap<string, Uint8Array>> {
  if (process.platform !== "linux") return new Map();
  const args = ["-R", "-P", "-h", "-e", "hex", "-n", "security.capability", "--", "."];
  const text = await new Promise<string>((resolve) => {
    // It ends with status 1 whenever some file has none, so only its output counts.
    execFile(
      "getfattr",
      args,
      { cwd: root, maxBuffer: 64 << 20, env: { ...process.env, LC_ALL: "C" } },
      (_, out) => resolve(out ?? ""),
    );
  });
  return parseGetfattr(text);
}

/** Reads what `getfattr -e hex` prints: `# file: path`, then `name=0x...`. Odd bytes of paths are `\ooo`. */
export function parseGetfattr(text: string): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let path: string | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("# file: ")) path = unescapeOctal(line.slice("# file: ".length)).replace(/^\.\//, "");
    const hex = /^security\.capability=0x((?:[0-9a-f]{2})+)$/.exec(line)?.[1];
    if (hex !== undefined && path !== undefined) found.set(path, Uint8Array.from(Buffer.from(hex, "hex")));
  }
  return found;
}

function unescapeOctal(text: string): string {
  const bytes = Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    "latin1",
  );
  return pathFromBytes(bytes);
}
