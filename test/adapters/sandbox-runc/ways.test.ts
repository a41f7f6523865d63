import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findHostTools, type ToolSearch } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { RuncSandbox } from "../../../src/adapters/sandbox-runc/runc-sandbox.js";
import { ensureBases } from "../../fixtures/bases.js";
import { buildIn } from "../../fixtures/sandbox-build.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";
import { caseSecrets } from "../../golden/case-secrets.js";
import { caseFolder, caseImage, goldenCases } from "../../golden/golden-cases.js";
import { listingText } from "../../golden/listing-text.js";

/** Those that tell one way from another; `LAYERWRIGHT_EVERY_CASE=1` takes every case with commands. */
const TELLING = [
  "run-change-owner",
  "run-delete",
  "run-hard-links",
  "run-mount-beside",
  "run-mount-caches",
  "run-mount-files",
  "run-mount-image",
  "run-mount-secrets",
  "run-mount-writable",
  "run-odd-names",
  "run-opaque",
  "run-replace",
  "run-squash-own",
  "run-touched",
  "run-user-groups",
  "run-workdir",
];
const cases =
  process.env["LAYERWRIGHT_EVERY_CASE"] === "1"
    ? goldenCases().filter(
        (name) => name.startsWith("run-") && name !== "run-plain" && name !== "run-plain-own",
      )
    : TELLING;

const missing = await whyNoSandbox();
const crun = withRuntime("crun");
const work = mkdtempSync(join(tmpdir(), "layerwright-ways-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The programs of this machine with another runtime, if it is here. */
function withRuntime(name: "runc" | "crun"): ToolSearch {
  const { tools, ...rest } = findHostTools();
  if (tools === undefined) return { missing: [], ...rest, tools };
  const runtime = ["/usr/sbin", "/usr/bin"].map((folder) => join(folder, name)).find(isThere);
  if (runtime === undefined) return { tools: undefined, missing: [name] };
  return { tools: { ...tools, runtime, runtimeName: name } };
}

function isThere(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

/** Cases that come out otherwise, and why. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  // A file with names in several layers is one file there; an overlay tells them apart when one is written to.
  "a copied root": ["run-hard-links"],
  // It makes the folders above a mount point with the sticky bit.
  crun: ["run-mount-beside"],
};

const ways = [
  { way: "a copied root", options: { overlay: false }, skipped: missing },
  {
    way: "crun",
    options: { find: () => crun },
    skipped: missing ?? (crun.tools ? undefined : "no crun here"),
  },
] as const;

describe.each(ways)("with $way", ({ way, options, skipped }) => {
  const folder = join(work, way);
  const sandbox = new RuncSandbox({ folder: join(folder, "sandbox"), ...options });
  afterAll(() => sandbox.close());

  test.skipIf(skipped !== undefined).each(cases.filter((name) => OTHERWISE[way]?.includes(name) !== true))(
    "%s is the same image",
    { timeout: 120_000 },
    async (name) => {
      const context = caseFolder(name);
      const made = { sandbox, context, work: folder, secrets: caseSecrets(context) };
      const { listing, inherited } = await buildIn(await caseImage(name), made);
      expect(listingText(listing, inherited)).toBe(readFileSync(join(context, "layers.txt"), "utf8"));
    },
  );

  test.runIf(skipped !== undefined)("it is here", ({ skip }) => skip(skipped));
});
