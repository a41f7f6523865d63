import { expect, test } from "vitest";
import { onceEachLine, toldOnce } from "../../src/plan/passes/pass.js";

const origin = { file: "image.ts", line: 3 };
const warning = { pass: "late-remove", code: "REMOVE_FREES_NOTHING", message: "a", origin };

test("a line of the source is told once, whatever the words", () => {
  const other = { ...warning, message: "b" };
  const elsewhere = { ...warning, origin: { ...origin, line: 4 } };
  expect(onceEachLine([warning, other, elsewhere])).toEqual([warning, elsewhere]);
  expect(onceEachLine([warning, { ...warning, code: "COPY_UP" }])).toHaveLength(2);
});

test("what no pass says is told once for each text", () => {
  const { pass: _, ...seen } = warning;
  expect(onceEachLine([seen, { ...seen, message: "b" }, seen])).toHaveLength(2);
});

test("later results leave out what earlier ones say", () => {
  const results = toldOnce([{ warnings: [warning] }, { warnings: [warning] }]);
  expect(results).toEqual([{ warnings: [warning] }, { warnings: [] }]);
});
