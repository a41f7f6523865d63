import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image, isLayerwrightError } from "layerwright";
import type { Sandbox } from "../../src/ports/sandbox.js";
import type { ContextFile } from "../faults/on-bases.js";
import { type BaseImage, baseFrom, baseImage } from "../fixtures/base-kinds.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import type { TarInput } from "../fixtures/tar-bytes.js";

/** The variable that names the directory of `HOST` to another process, which attacks the same one. */
export const HOST_VARIABLE = "LAYERWRIGHT_ATTACKED_DIRECTORY";

/** A directory of this machine that no image may change, with one file; absolute. */
export const HOST = process.env[HOST_VARIABLE] ?? newHost();

function newHost(): string {
  const host = mkdtempSync(join(tmpdir(), "layerwright-host-"));
  mkdirSync(join(host, "pts"));
  for (const name of ["ptmx", "null", "resolv.conf", "hosts", "console", "stub"])
    writeFileSync(join(host, name), `${name} of the host\n`);
  process.once("exit", () => rmSync(host, { recursive: true, force: true }));
  return host;
}

/** Something hostile that is built, with how the direct build has to end. */
export interface Attack {
  readonly name: string;
  /** What the base has beside the tools of busybox. */
  readonly layer?: readonly TarInput[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, ContextFile>>;
  readonly image?: (base: Image) => Image;
  /** `built`, `failed` (the command was told that it may not) or the code of a refusal. */
  readonly ends: string;
  /** How it ends for an ordinary user, for whom no device of a base can be made. @default - the same */
  readonly endsForUser?: string;
}

const none = { network: "none" } as const;

/** A command that needs nothing but its sandbox. */
export const runsPlainly = (base: Image): Image => base.run(": > /made", none);

/** Everything that could change in the host's directory. */
export function hostState(): readonly string[] {
  return readdirSync(HOST, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { mode, uid, ino, mtimeMs, size } = statSync(join(HOST, name));
      return [name, mode, uid, ino, mtimeMs, size].join(" ");
    });
}

/** The base of an attack; made where it is missing. */
export function attackedBase({ layer, config }: Attack): BaseImage {
  const base = baseImage("busybox", { ...(layer && { layer }), ...(config && { config }) });
  if (typeof base === "string") throw new Error(base);
  return base;
}

/**
 * Builds an attack directly alone, in a sandbox of the test's choice.
 *
 * @returns how it ended, where that is not as it has to
 */
export async function otherEndIn(
  sandbox: Sandbox,
  work: string,
  attack: Attack,
): Promise<string | undefined> {
  const before = hostState().join("\n");
  const { name, context = {}, image = runsPlainly } = attack;
  const ends = (process.geteuid?.() !== 0 && attack.endsForUser) || attack.ends;
  const folder = mkdtempSync(join(work, "attack-"));
  writeContext(folder, context);
  let end = "built";
  try {
    const described = image(Image.from(baseFrom(attackedBase(attack), "disk")));
    await buildIn(described, { sandbox, context: folder, work, cache: false });
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    end = error.code === "RUN_FAILED" ? "failed" : error.code;
  }
  if (hostState().join("\n") !== before) return `${name}: the host's directory was changed`;
  // That there is no shell is found before a build, which here is left out: the command is started.
  return end === (ends === "NO_SHELL" ? "failed" : ends) ? undefined : `${name}: ${end}, not ${ends}`;
}

function writeContext(folder: string, files: Readonly<Record<string, ContextFile>>): void {
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === "string") writeFileSync(join(folder, path), content);
    else if ("link" in content) symlinkSync(content.link, join(folder, path));
    else throw new Error(`no attack has such a file: ${path}`);
  }
}
