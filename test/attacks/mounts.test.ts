import { expect, test } from "vitest";
import { HOSTILE_MOUNTS } from "./hostile-mounts.js";
import { attempt, expectReported } from "./reported.js";

const rows: (readonly string[])[] = [];

for (const attack of HOSTILE_MOUNTS)
  test(attack.name, { timeout: 120_000 }, async (context) => {
    rows.push(await attempt(context, attack));
  });

test("the report of hostile mounts is as it was", ({ skip }) => {
  expect(HOSTILE_MOUNTS.length).toBeGreaterThanOrEqual(20);
  if (rows.length < HOSTILE_MOUNTS.length) skip("not all of them were tried");
  expectReported("Mounts", rows);
});
