import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasMounts } from "../../src/adapters/host/plain-file.js";

it.runIf(process.platform === "linux")("finds what is mounted in a folder", () => {
  const empty = mkdtempSync(join(tmpdir(), "layerwright-mounts-"));
  expect(hasMounts("/proc")).toBe(true);
  expect(hasMounts(empty)).toBe(false);
  rmSync(empty, { recursive: true });
  expect(hasMounts(empty)).toBe(false);
});
