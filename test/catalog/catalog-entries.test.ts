import { describe, expect, expectTypeOf, it, test } from "vitest";
import { Catalog } from "../../src/catalog/catalog.js";
import { matrix } from "../../src/catalog/matrix.js";
import { Image } from "../../src/image/image.js";
import { refusal } from "../image/refusal.js";

const base = Image.scratch().write("/base", "1");
const server = Image.from(base).write("/server", "1");
const worker = Image.from(base).write("/worker", "1");

describe("images below a name", () => {
  const tools = new Catalog("tools", { jq: base, more: { yq: server } }, { groups: { nightly: ["**"] } });
  const catalog = new Catalog(
    "acme",
    { base, api: { server, worker }, tools },
    { groups: { nightly: ["api/*"], all: ["**"], some: ["worker", "api/worker"].slice(1) } },
  );

  it("have names with parts, in the order they are written in, that the type knows", () => {
    expect(catalog.names).toEqual(["base", "api/server", "api/worker", "tools/jq", "tools/more/yq"]);
    expect(catalog.images["api/server"]).toBe(server);
    expect(catalog.dependencies("api/worker")).toEqual(["base", "tools/jq"]);
    type Names = "base" | "api/server" | "api/worker" | "tools/jq" | "tools/more/yq";
    expectTypeOf(catalog).toEqualTypeOf<Catalog<Names>>();
    expectTypeOf(catalog.names).toEqualTypeOf<readonly Names[]>();
    // @ts-expect-error there is no such image
    expect(catalog.images["api/none"]).toBeUndefined();
  });

  it("are in groups by patterns, with those of catalogs among them", () => {
    expect(catalog.groups).toEqual({
      nightly: ["api/server", "api/worker", "tools/jq", "tools/more/yq"],
      all: catalog.names,
      some: ["api/worker"],
    });
    expect(catalog.map((image) => image).groups).toEqual(catalog.groups);
  });

  it.each([
    ["IMAGE_NAME_INVALID", () => new Catalog("a", { api: { Server: base } })],
    ["IMAGE_NAME_INVALID", () => new Catalog("a", { "api/": base })],
    ["IMAGE_NAME_INVALID", () => new Catalog("a", { base }, { groups: { "a/b": ["base"] } })],
    ["CATALOG_INVALID", () => new Catalog("a", { "api/server": base, api: { server } })],
    ["CATALOG_INVALID", () => new Catalog("a", { api: [base] as never })],
    ["CATALOG_INVALID", () => new Catalog("a", { base }, { groups: { all: ["bas"] } })],
    ["CATALOG_INVALID", () => new Catalog("a", { base }, { groups: { all: "base" as never } })],
    ["CATALOG_INVALID", () => new Catalog("a", { base }, { groups: [] as never })],
  ])("%s (%#)", (code, act) => {
    expect(refusal(act)).toMatchObject({ code, origin: { file: import.meta.filename } });
  });
});

describe("a matrix", () => {
  test("makes an image for each combination, whose names the type knows", () => {
    const made = matrix({ node: ["22", "24"], variant: ["slim", "full"] }, ({ node, variant }) => {
      expectTypeOf(node).toEqualTypeOf<"22" | "24">();
      return Image.from(`node:${node}`).env("VARIANT", variant);
    });
    expect(Object.keys(made)).toEqual(["22-slim", "22-full", "24-slim", "24-full"]);
    expectTypeOf<"22-slim" | "24-full">().toExtend<keyof typeof made>();
    // @ts-expect-error there is no such combination
    expect(made["26-slim"]).toBeUndefined();
    const one = matrix({ version: [1, 2] }, ({ version }) => Image.scratch().env("V", `${version}`));
    expectTypeOf(one).toEqualTypeOf<Readonly<Record<"1" | "2", Image>>>();
  });

  test("takes names, which are then exactly those of the type", () => {
    const made = matrix(
      { node: ["22", "24"], variant: ["slim", "full"] },
      ({ node }) => Image.from(`node:${node}`),
      { name: ({ node, variant }) => `node${node}-${variant}` },
    );
    type Names = "node22-slim" | "node22-full" | "node24-slim" | "node24-full";
    expectTypeOf(made).toEqualTypeOf<Readonly<Record<Names, Image>>>();
    expect(Object.keys(made)).toHaveLength(4);
    const catalog = new Catalog("acme", { node: made, base });
    expectTypeOf(catalog).toEqualTypeOf<Catalog<"base" | `node/${Names}`>>();
    expect(catalog.names).toContain("node/node22-slim");
  });

  test.each([
    [() => matrix({}, () => base)],
    [() => matrix(undefined as never, () => base)],
    [() => matrix({ a: [] }, () => base)],
    [() => matrix({ a: "ab" as never }, () => base)],
    [() => matrix({ a: ["x", "y"] }, () => base, { name: () => "same" })],
    [() => matrix({ a: ["x"] }, () => base, { name: () => 1 as never })],
    [() => matrix({ a: ["x"] }, () => "debian" as never)],
  ])("refuses what is none: MATRIX_INVALID (%#)", (act) => {
    expect(refusal(act)).toMatchObject({ code: "MATRIX_INVALID", origin: { file: import.meta.filename } });
  });
});
