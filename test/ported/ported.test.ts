import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { noSandbox } from "../equivalence/both-ways.js";
import { requirePeer } from "../peers/peers.js";
import { commandsRun } from "./build-counted.js";
import { portedCases } from "./cases.js";
import { complaints } from "./complaints.js";
import { portCase } from "./port-case.js";

/** The three whose bases and commands are the lightest; `npm run ported` builds all ten. */
const LIGHTEST = ["web-front-end", "python-service", "web-server"];

const missing = noSandbox ?? (process.geteuid?.() === 0 ? undefined : "only root can make a Debian base");
const work = mkdtempSync(join(tmpdir(), "layerwright-ported-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(missing !== undefined)("Dockerfiles that were ported", () => {
  const cases = portedCases.filter(({ name }) => LIGHTEST.includes(name));
  test.for(cases)("$name: $title", { timeout: 1_800_000 }, async (one, context) => {
    const result = await portCase(one, requirePeer(context, "docker28"), work);
    expect(complaints(result)).toEqual([]);
  });
});

test.runIf(missing !== undefined)("the ported Dockerfiles can be built here", ({ skip }) => skip(missing));

test("commands that BuildKit ran are counted, remembered ones and other steps are not", () => {
  const progress = [
    "#4 [build 1/4] FROM docker.io/library/debian:bookworm",
    "#5 [build 2/4] RUN make",
    "#5 CACHED",
    "#6 [build 3/4] RUN --network=none <<EOT (set -e...)",
    "#6 0.123 RUN is a word",
    "#6 DONE 0.2s",
    "#7 [build 4/4] COPY . .",
    "#7 DONE 0.0s",
    "#8 [stage-1 2/2] RUN true",
    "#8 DONE 0.1s",
  ].join("\n");
  expect(commandsRun(progress)).toBe(2);
});
