import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

/** What the children of these tests import. */
const FOLDERS = [
  "core",
  "errors",
  "oci",
  "archive",
  "adapters/host",
  "adapters/store-dir",
  "adapters/outputs",
  "adapters/credentials-docker",
];

/**
 * A script of this folder as JavaScript with what it imports, so that a child process starts in a tenth of the time
 * that it takes through tsx: these tests start and kill many.
 */
export function compileChild(name: string): { readonly script: string; remove(): void } {
  const out = mkdtempSync(join(tmpdir(), "lw-child-"));
  writeFileSync(join(out, "package.json"), '{"type":"module"}');
  symlinkSync(join(REPOSITORY, "node_modules"), join(out, "node_modules"));
  const sources = FOLDERS.flatMap((folder) =>
    (readdirSync(join(REPOSITORY, "src", folder), { recursive: true }) as string[])
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join("src", folder, file)),
  );
  for (const source of [...sources, join("test", "adapters", name)]) {
    const text = readFileSync(join(REPOSITORY, source), "utf8");
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const place = join(out, source.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, ts.transpileModule(text, { compilerOptions }).outputText);
  }
  return {
    script: join(out, "test", "adapters", name.replace(/\.ts$/, ".js")),
    remove: () => rmSync(out, { recursive: true, force: true }),
  };
}
