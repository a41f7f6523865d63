import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { findHostTools } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { recallProbe, rememberProbe } from "../../../src/adapters/sandbox-runc/probe.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-probe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { tools } = findHostTools();

it.runIf(tools !== undefined)(
  "remembers a success for the same programs since the machine was started",
  () => {
    mkdirSync(join(folder, "roots"));
    expect(recallProbe(tools!, folder)).toBeUndefined();
    rememberProbe(tools!, folder, {
      missing: ["something"],
      overlay: false,
      filter: true,
      privateNetwork: false,
    });
    expect(recallProbe(tools!, folder)).toBeUndefined();
    rememberProbe(tools!, folder, { missing: [], overlay: true, filter: true, privateNetwork: false });
    expect(recallProbe(tools!, folder)).toEqual({
      missing: [],
      overlay: true,
      filter: true,
      privateNetwork: false,
    });
    expect(recallProbe({ ...tools!, tar: tools!.shell }, folder)).toBeUndefined();
    const place = join(folder, "roots/probe.json");
    writeFileSync(place, readFileSync(place, "utf8").slice(0, 20));
    expect(recallProbe(tools!, folder)).toBeUndefined();
  },
);
