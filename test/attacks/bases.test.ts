import { expect, test } from "vitest";
import { HOSTILE_BASES } from "./hostile-bases.js";
import { attempt, expectReported } from "./reported.js";

const rows: (readonly string[])[] = [];

for (const attack of HOSTILE_BASES)
  test(attack.name, { timeout: 120_000 }, async (context) => {
    rows.push(await attempt(context, attack));
  });

test("the report of hostile bases is as it was", ({ skip }) => {
  expect(HOSTILE_BASES.length).toBeGreaterThanOrEqual(40);
  if (rows.length < HOSTILE_BASES.length) skip("not all of them were tried");
  expectReported("Bases", rows);
});
