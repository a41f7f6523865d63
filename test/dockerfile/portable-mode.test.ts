import { expect, test } from "vitest";
import { isPortable, portableMode } from "../../src/dockerfile/change-command.js";
import { applySymbolicMode } from "../../src/image/mode.js";

const WHO = ["", "u", "g", "o", "a", "ug", "go", "uo"];
const PERMISSIONS = ["", "r", "rw", "rwX", "x", "X", "rxs", "t", "rwxt", "u", "g", "o"];
const BEFORE = [0, 0o600, 0o640, 0o755, 0o1777, 0o2755, 0o4711, 0o6755, 0o7777];

test("E11: portable clauses change a mode as the clauses that they stand for", () => {
  for (const who of WHO) {
    for (const permissions of PERMISSIONS) {
      for (const clauses of [
        `${who}=${permissions}`,
        `${who}=${permissions},go-w`,
        `u+x,${who}=${permissions}`,
      ]) {
        const { file, directory } = portableMode(clauses);
        for (const before of BEFORE) {
          for (const isDirectory of [false, true]) {
            const spelled = isDirectory ? directory : file;
            const name = `${clauses} as ${spelled} on ${before.toString(8)}`;
            const after = spelled === "" ? before : applySymbolicMode(spelled, before, isDirectory);
            expect(`${name}: ${after.toString(8)}`).toBe(
              `${name}: ${applySymbolicMode(clauses, before, isDirectory).toString(8)}`,
            );
          }
        }
      }
    }
  }
});

test("E11: portable clauses hold nothing that busybox reads differently", () => {
  const { file, directory } = portableMode("u=rwX,go=rX,o=t");
  for (const text of [file, directory]) {
    expect(text).not.toContain("=");
    expect(text.split(",").filter((clause) => /t/.test(clause) && !/^a[-+]t$/.test(clause))).toEqual([]);
  }
  expect(directory).not.toContain("s");
  expect(["u+x", "go-rwx", "g+s"].map(isPortable)).toEqual([true, true, true]);
  expect(["u=rw", "o+t"].map(isPortable)).toEqual([false, false]);
});
