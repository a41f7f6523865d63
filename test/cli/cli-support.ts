import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { vi } from "vitest";
import { run } from "../../src/cli/run.js";
import { compiledPackage } from "../compiled-package.js";

const main = join(compiledPackage(), "dist/cli/main.js");

/** What a run of the command gave. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's project in a temporary folder, with the package as it is compiled. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "layerwright-cli-"));

  constructor(files: Readonly<Record<string, string>>, type: "module" | "commonjs" = "module") {
    this.write({ "package.json": JSON.stringify({ type }), ...files });
    this.write({
      "node_modules/layerwright/package.json": JSON.stringify({
        name: "layerwright",
        version: "0.1.0",
        type: "module",
        exports: { ".": "./index.js", "./package.json": "./package.json" },
      }),
      "node_modules/layerwright/index.js": `export * from ${JSON.stringify(join(compiledPackage(), "dist/index.js"))};\n`,
    });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, contents] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, contents);
    }
  }

  /** The store of this project alone, so that tests share nothing. */
  get env(): NodeJS.ProcessEnv {
    const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...env } = process.env;
    return { ...env, LAYERWRIGHT_CACHE: join(this.folder, ".store") };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return execute(process.execPath, commandLine(args).slice(1), this.folder, { ...this.env, ...env });
  }

  /** The words that run the command, for a shell. */
  readonly commandText = commandLine([]).join(" ");

  /** Runs a command of the shell, in which `lw` is the command. */
  shell(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const lw = commandLine([])
      .map((word) => `'${word}'`)
      .join(" ");
    return execute("/bin/sh", ["-c", `lw() { ${lw} "$@"; }\n${script}`], this.folder, {
      ...this.env,
      ...env,
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The words that run the command. */
export function commandLine(args: readonly string[]): string[] {
  return [process.execPath, main, ...args];
}

function execute(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A catalog of two images and a line of noise. */
export const twoImages = `import { Catalog, Image } from "layerwright";
console.log("noise of the user");
const api = Image.scratch().copy("site/", "/srv/").chmod("/srv/index.html", 0o600).cmd(["/srv"]);
const web = Image.from(api).write("/etc/motd", "hi\\n").squash("own");
export default new Catalog("acme", { api, web }, { platforms: ["linux/amd64"] });
`;

/** Runs the command in this process: for what ends before a user's file is loaded. */
export async function runHere(args: readonly string[]): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const code = await run(args, new AbortController().signal);
    return { code, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
