import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  allowedRegistries,
  build,
  Catalog,
  fixedPackageVersions,
  Image,
  isPolicy,
  labelsRequired,
  load,
  maxLayers,
  maxSize,
  maxWaste,
  nonRoot,
  noSecrets,
  noSetuid,
  noShell,
  type Policy,
  pinnedBases,
  plan,
  policy,
  push,
} from "layerwright";
import { describe, expect, it } from "vitest";
import { checked, work } from "./asked.js";

const always = policy("ALWAYS", ({ name }) => ({ message: `it is ${name}`, fix: "no way" }));
const image = Image.scratch().write("/a", "1");
const any = (value: unknown) => value as never;

describe("a suppression", () => {
  it("lets a finding stand, which stays visible with its reason", async () => {
    const app = image.suppress("ALWAYS", "this is a test");
    const { findings, errors, suppressed } = await checked({ app, web: image }, { policies: [always] });
    expect({ errors, suppressed }).toEqual({ errors: 1, suppressed: 1 });
    expect(findings[0]).toMatchObject({
      image: "app",
      severity: "error",
      suppressed: { reason: "this is a test", origin: { line: expect.any(Number) } },
    });
    expect(findings[1]).toMatchObject({ image: "web" });
    expect(findings[1]).not.toHaveProperty("suppressed");
  });

  it("holds for images that start from the image, and through recipes, layers and platforms", async () => {
    const reason = "this is a test";
    const images = {
      child: Image.from(image.suppress("ALWAYS", reason)),
      recipe: image.with((it) => it.suppress("ALWAYS", reason)),
      layer: image.layer("named", (it) => it.write("/b", "1").suppress("ALWAYS", reason)),
      platform: image.perPlatform({ "linux/amd64": (it) => it.suppress("ALWAYS", reason) }),
    };
    const { suppressed, findings } = await checked(images, { policies: [always] });
    expect(suppressed).toBe(4);
    expect(findings).toHaveLength(4);
  });

  it("changes nothing of the image", async () => {
    const quiet = image.suppress("ALWAYS", "this is a test").write("/b", "1");
    const shape = async (it: Image) =>
      (await plan(it)).stages.map(({ id, layers }) => [id, layers.map((layer) => layer.id)]);
    expect(await shape(quiet)).toEqual(await shape(image.write("/b", "1")));
  });

  it("of a catalog is for all images, or for those of a pattern", async () => {
    const reason = "this is a test";
    const all = await checked(
      { a: image, b: image },
      { policies: [always], suppressions: [{ code: "ALWAYS", reason }] },
    );
    expect(all).toMatchObject({ errors: 0, suppressed: 2 });
    const some = await checked(
      { "api-a": image, b: image },
      { policies: [always], suppressions: [{ code: "ALWAYS", image: "api-*", reason }] },
    );
    expect(some).toMatchObject({ errors: 1, suppressed: 1 });
  });

  it("that matches nothing is told of, once everything was looked at", async () => {
    const app = image.suppress("OTHER", "nobody needs it").suppress("MAX_LAYERS", "a test needs it");
    const rules = {
      policies: [maxLayers(9)],
      suppressions: [{ code: "ALWAYS", image: "no-*", reason: "there is none such" }],
    };
    const { findings, errors } = await checked({ app }, rules);
    expect(errors).toBe(0);
    expect(findings.map(({ code, severity, image, message }) => [code, severity, image, message])).toEqual([
      [
        "SUPPRESSION_UNUSED",
        "info",
        "app",
        'the suppression of OTHER lets nothing stand ("nobody needs it")',
      ],
      [
        "SUPPRESSION_UNUSED",
        "info",
        "app",
        'the suppression of MAX_LAYERS lets nothing stand ("a test needs it")',
      ],
      [
        "SUPPRESSION_UNUSED",
        "info",
        "no-*",
        'the suppression of ALWAYS lets nothing stand ("there is none such")',
      ],
    ]);
    const early = await checked({ app }, rules, { planOnly: true });
    expect(early.findings.map(({ message }) => message)).not.toContainEqual(
      expect.stringContaining("MAX_LAYERS"),
    );
  });

  it("survives catalog.map, as policies do", async () => {
    const suppressions = [{ code: "ALWAYS", reason: "this is a test" }];
    const catalog = new Catalog("acme", { app: image }, { policies: [always], suppressions });
    const mapped = catalog.map((it) => it.user(1));
    expect(mapped.policies).toEqual([always]);
    expect(mapped.suppressions).toMatchObject(suppressions);
  });

  it.each([
    ["a reason of one word", () => image.suppress("ALWAYS", "ok")],
    ["no reason", () => image.suppress("ALWAYS", any(undefined))],
    ["a code in lower case", () => image.suppress("always", "this is a test")],
    ["a catalog's without a reason", () => new Catalog("a", {}, { suppressions: [any({ code: "ALWAYS" })] })],
    [
      "a catalog's with an empty image",
      () => new Catalog("a", {}, { suppressions: [{ code: "ALWAYS", image: "", reason: "this is a test" }] }),
    ],
  ])("is refused with %s", (_, write) => {
    expect(write).toThrow(expect.objectContaining({ code: "SUPPRESSION_INVALID", name: "DefinitionError" }));
  });
});

describe("policies", () => {
  it("are for the images of their patterns, with the severity that was chosen", async () => {
    const some = policy("SOME", always.checks, { severity: "warning", images: ["web-?"] });
    const { findings, warnings } = await checked({ "web-a": image, "web-bb": image }, { policies: [some] });
    expect(findings.map(({ image, severity }) => [image, severity])).toEqual([["web-a", "warning"]]);
    expect(warnings).toBe(1);
  });

  it("find the same on all platforms once", async () => {
    const platforms = ["linux/amd64", "linux/arm64"];
    const { findings } = await checked({ app: image }, { policies: [always], platforms }, { planOnly: true });
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty("platform");
    const arm = policy("ARM", ({ platform }) =>
      platform === "linux/arm64" ? { message: "arm", fix: "none" } : undefined,
    );
    const one = await checked({ app: image }, { policies: [arm], platforms }, { planOnly: true });
    expect(one.findings).toMatchObject([{ code: "ARM", platform: "linux/arm64" }]);
  });

  it.each<[string, () => unknown]>([
    ["a size that is none", () => maxSize("large")],
    ["layers that are no number", () => maxLayers(any("5"))],
    ["a share that is none", () => maxWaste("5 percent")],
    ["registries that are no array", () => allowedRegistries(any("ghcr.io"))],
    ["labels that are no texts", () => labelsRequired([any(1)])],
    ["a severity that is none", () => noShell({ severity: any("fatal") })],
    ["images that are no names", () => noSetuid({ images: any([1]) })],
    ["no function", () => policy("OWN", any({}))],
    ["suppressions that are no array", () => new Catalog("a", {}, { suppressions: any({}) })],
  ])("are refused with %s", (_, write) => {
    expect(write).toThrow(expect.objectContaining({ code: "POLICY_INVALID" }));
  });

  it("are refused in a catalog where they are none", () => {
    for (const policies of [[undefined], ["NON_ROOT"], {}]) {
      const write = () => new Catalog("a", {}, { policies: any(policies) });
      expect(write).toThrow(expect.objectContaining({ code: "CATALOG_INVALID" }));
    }
    expect(() => pinnedBases(any({ typo: 1 }))).toThrow(expect.objectContaining({ code: "OPTION_UNKNOWN" }));
    expect([nonRoot(), noSecrets(), fixedPackageVersions()].map(isPolicy)).toEqual([true, true, true]);
    expect(isPolicy(image)).toBe(false);
  });

  it.each<[string, Policy]>([
    [
      "throw",
      policy("OWN", () => {
        throw new Error("oh no");
      }),
    ],
    [
      "answer what is no finding",
      policy(
        "OWN",
        any(() => [{ message: "no fix" }]),
      ),
    ],
  ])("that %s are named, with their line", async (_, own) => {
    await expect(checked({ app: image }, { policies: [own] })).rejects.toMatchObject({
      code: "POLICY_CHECK_FAILED",
      subject: "OWN",
      origin: { file: expect.stringMatching(/suppressions\.test\.ts$/) },
    });
  });
});

describe("the verbs on a catalog", () => {
  const options = { context: work, store: join(work, "store") };
  const broken = {
    code: "POLICIES_BROKEN",
    name: "PlanError",
    message: expect.stringContaining("ALWAYS app: it is app"),
  };

  it("fail on errors before anything is written", async () => {
    const catalog = new Catalog("acme", { app: image }, { policies: [always] });
    const output = join(work, "out");
    await expect(build(catalog, { ...options, output })).rejects.toMatchObject(broken);
    await expect(push(catalog, "localhost:1/acme", options)).rejects.toMatchObject(broken);
    await expect(load(catalog, options)).rejects.toMatchObject(broken);
    expect(existsSync(output)).toBe(false);
  });

  it("fail on what only the built image shows, before the first image is written", async () => {
    const large = Image.scratch().write("/big", "x".repeat(30_000));
    const catalog = new Catalog("acme", { small: image, large }, { policies: [maxSize("10kB")] });
    const output = join(work, "gate");
    await expect(build(catalog, { ...options, output })).rejects.toMatchObject({ code: "POLICIES_BROKEN" });
    expect(existsSync(output)).toBe(false);
    const passed = new Catalog("acme", { small: image }, { policies: [maxSize("10kB")] });
    const { small } = await build(passed, { ...options, output, cache: false });
    expect(small[0]?.layers.map(({ cached }) => cached)).toEqual([true]);
    expect(existsSync(join(output, "small.tar"))).toBe(true);
  });

  it("let warnings and suppressed errors pass", async () => {
    const app = image.suppress("ALWAYS", "this is a test");
    const soft = policy("SOFT", always.checks, { severity: "warning" });
    const catalog = new Catalog("acme", { app }, { policies: [always, soft] });
    expect((await build(catalog, options)).app).toHaveLength(1);
  });
});
