import { expect, test } from "vitest";
import { modeAfter } from "../../src/image/mode.js";

test.each([
  // mode, before, folder, after: what chmod(1) of GNU coreutils 9 does under umask 022.
  ["u=rwX,go=rX", 0o644, false, 0o644],
  ["u=rwX,go=rX", 0o755, false, 0o755],
  ["u=rwX,go=rX", 0o600, true, 0o755],
  ["u=rwX,go=rX", 0o100, false, 0o755],
  ["go=", 0o755, false, 0o700],
  ["a=r", 0o777, false, 0o444],
  ["=r", 0o777, false, 0o444],
  ["+w", 0o444, false, 0o644],
  ["a+w", 0o444, false, 0o666],
  ["+x", 0o644, false, 0o755],
  ["-x", 0o755, false, 0o644],
  ["-w", 0o666, false, 0o466],
  ["u+s", 0o755, false, 0o4755],
  ["g+s", 0o755, true, 0o2755],
  ["+s", 0o755, false, 0o6755],
  ["+t", 0o755, true, 0o1755],
  ["o+t", 0o755, true, 0o1755],
  ["u-s", 0o4755, false, 0o755],
  ["u=rwx", 0o4755, false, 0o755],
  ["u=rwx,g=rx", 0o6755, true, 0o6755],
  ["a-s", 0o6755, true, 0o755],
  ["g=u", 0o640, false, 0o660],
  ["o=g", 0o750, false, 0o755],
  ["u=g-w", 0o070, false, 0o570],
  ["ug+rw,o-r", 0o404, false, 0o660],
  ["u=,g+X", 0o750, false, 0o050],
  ["u=rw,g=X", 0o644, false, 0o604],
  ["a=rwX", 0o000, true, 0o777],
] as const)("%s on %o (folder %j) is %o", (symbolic, before, folder, after) => {
  expect(modeAfter({ symbolic }, before, folder).toString(8)).toBe(after.toString(8));
});

test("octal replaces everything", () => {
  expect(modeAfter({ octal: 0o4711 }, 0o644, true)).toBe(0o4711);
});
