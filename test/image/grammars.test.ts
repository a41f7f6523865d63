import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginCall } from "../../src/image/call.js";
import { parseContainerPath, parseDestination } from "../../src/image/container-path.js";
import { parseMode } from "../../src/image/mode.js";
import { ownerText, parseOwner } from "../../src/image/owner.js";
import { parseContextPath } from "../../src/image/sources.js";
import { codeOf } from "./refusal.js";

const call = beginCall("test");

describe("modes", () => {
  it.each([
    [0, { octal: 0 }],
    [0o755, { octal: 0o755 }],
    [0o7777, { octal: 0o7777 }],
    [420, { octal: 0o644 }],
    ["755", { octal: 0o755 }],
    ["0755", { octal: 0o755 }],
    ["0o1777", { octal: 0o1777 }],
    ["u=rwX,go=rX", { symbolic: "u=rwX,go=rX" }],
    ["+x", { symbolic: "+x" }],
    ["a-w,u+s", { symbolic: "a-w,u+s" }],
    ["g=u", { symbolic: "g=u" }],
    ["u=rw-x+X", { symbolic: "u=rw-x+X" }],
    ["o=", { symbolic: "o=" }],
  ])("%j is taken", (input, mode) => expect(parseMode(call, input)).toEqual(mode));

  it.each([644, 755, 600, 700, 777, 555, 444, 400, 640, 750, 775, 664, 711, 1777, 2775, 4755])(
    "%i was meant as octal",
    (input) => expect(codeOf(() => parseMode(call, input))).toBe("MODE_DECIMAL"),
  );

  it.each([
    -1,
    0.5,
    Number.NaN,
    0o10000,
    "",
    "8",
    "x",
    "u~x",
    "u=rwx,",
    "u",
    null,
    undefined,
    {},
    "0x1ff",
    " 755",
  ])("%j is refused", (input) => expect(codeOf(() => parseMode(call, input))).toBe("MODE_INVALID"));

  it("never takes a usual octal number for a decimal one", () => {
    for (const mode of [0o777, 0o764, 0o755, 0o644, 0o700, 0o1777, 0o4755, 0o2755, 0o6755]) {
      expect(parseMode(call, mode)).toEqual({ octal: mode });
    }
  });

  it("reads every mode as it prints in octal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0o7777 }), fc.constantFrom("", "0", "0o"), (mode, prefix) => {
        const digits = mode.toString(8);
        expect(parseMode(call, `${prefix}${digits}`)).toEqual({ octal: mode });
      }),
    );
  });
});

describe("owners", () => {
  const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,30}$/);
  const part = fc.oneof(id, name);

  it("come back as they were written", () => {
    fc.assert(
      fc.property(part, fc.option(part, { nil: undefined }), (user, group) => {
        const owner = group === undefined ? { user } : { user, group };
        expect(parseOwner(call, ownerText(owner))).toEqual(owner);
        expect(parseOwner(call, owner)).toEqual(owner);
      }),
    );
  });

  it("are never a number outside of what runtimes take", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeNat().map((by) => 2 ** 31 + (by % 2 ** 52)),
          fc.integer({ max: -1 }),
        ),
        (wrong) => {
          expect(codeOf(() => parseOwner(call, wrong))).toBe("OWNER_INVALID");
          expect(codeOf(() => parseOwner(call, `${wrong}`))).toBe("OWNER_INVALID");
          expect(codeOf(() => parseOwner(call, `app:${wrong}`))).toBe("OWNER_INVALID");
        },
      ),
    );
  });

  it.each([
    "",
    ":",
    "a:",
    ":a",
    "1a",
    "+1",
    "0x10",
    "a b",
    "a/b",
    "ä",
    "1.5",
    "1e3",
    null,
    true,
    {},
    [],
    1.5,
  ])("%j is refused", (input) => expect(codeOf(() => parseOwner(call, input))).toBe("OWNER_INVALID"));
});

describe("paths of the image", () => {
  it.each([
    ["/a//b/./c/", "/a/b/c"],
    ["/../../etc", "/etc"],
    ["/", "/"],
    ["a/b", "a/b"],
    ["./a", "a"],
    ["/a\nb", "/a\nb"],
  ])("%j is %j", (input, path) => expect(parseContainerPath(call, input)).toBe(path));

  it.each([
    ["/srv/", "/srv/"],
    ["/srv/.", "/srv/"],
    ["/srv", "/srv"],
    [".", "./"],
    ["./", "./"],
    ["/", "/"],
    ["/a/b/..", "/a/"],
  ])("%j is the destination %j", (input, path) => expect(parseDestination(call, input)).toBe(path));

  it("are clean after one cleaning", () => {
    const segment = fc.constantFrom("a", "b", "..", ".", "", "c d", "é");
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 8 }), (segments) => {
        const once = parseContainerPath(call, `/${segments.join("/")}`);
        expect(parseContainerPath(call, once)).toBe(once);
        expect(once).not.toMatch(/\/\/|\/\.\.?(\/|$)/);
      }),
    );
  });
});

describe("paths of a context", () => {
  it.each([
    ["site/", "site"],
    ["./a/../b", "b"],
    [".", "."],
    ["./", "."],
    ["src/**/*.ts", "src/**/*.ts"],
    ["..a", "..a"],
    ["[a-c].txt", "[a-c].txt"],
  ])("%j is %j", (input, path) => expect(parseContextPath(call, input)).toBe(path));

  it.each(["/", "..", "../", "a/../..", "\\x", "C:\\x", "c:/x", "~/x"])("%j is outside", (input) =>
    expect(codeOf(() => parseContextPath(call, input))).toBe("SOURCE_OUTSIDE_CONTEXT"),
  );
});
