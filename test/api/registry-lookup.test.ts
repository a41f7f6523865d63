import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog, dockerfile, Image, plan, synth } from "layerwright";
import { expectImage } from "layerwright/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Reference } from "../../src/oci/reference.js";
import type { Registry } from "../../src/ports/registry.js";
import { prepareImage } from "../../src/project/prepare/prepare.js";
import { ensureBases } from "../fixtures/bases.js";
import { LOCAL_REFERENCE, layoutRegistry } from "../fixtures/layout-registry.js";
import { registryFixture } from "./registry-fixture.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-lookup-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The registry of the tests, which notes what it is asked. */
function counting(): { readonly registry: Registry; readonly asked: string[] } {
  const inner = layoutRegistry();
  const asked: string[] = [];
  const note = (what: string, reference: Pick<Reference, "domain" | "path">) =>
    void asked.push(`${what} ${reference.path}`);
  const registry: Registry = {
    ...inner,
    resolve: (reference) => {
      note("resolve", reference);
      return inner.resolve(reference);
    },
    document: (reference) => {
      note("document", reference);
      return inner.document(reference);
    },
    download: (from, descriptor, sink) => {
      note("download", from);
      return inner.download(from, descriptor, sink);
    },
  };
  return { registry, asked };
}

describe("a base in a registry", () => {
  let context = "";
  let store = "";
  beforeEach(() => {
    context = mkdtempSync(join(work, "context-"));
    store = join(context, "store");
    mkdirSync(join(context, "src"));
    writeFileSync(join(context, "src", "a"), "1\n");
  });
  const image = Image.from(LOCAL_REFERENCE);
  const textOf = async (own: Image, registry: Registry) => {
    const catalog = new Catalog("acme", { app: own }, { platforms: ["linux/amd64"] });
    const { images } = await synth(catalog, { context, store, registry });
    return { text: readFileSync(join(context, images[0]!.dockerfile), "utf8"), ...images[0]! };
  };

  it("is asked for its config alone where nothing else matters", async () => {
    const { registry, asked } = counting();
    const { text } = await textOf(image.env({ A: "1" }), registry);
    expect(asked).toEqual(["resolve base", "document base", "download base"]);
    // Its tag stays free: nothing in the text depends on what it names now.
    expect(text).toContain(`FROM ${LOCAL_REFERENCE} AS`);
  });

  it("is looked into once, and FROM says the digest that was looked at", async () => {
    const first = counting();
    const described = image.copy("src/", "/usr/local/app/");
    const { text, warnings } = await textOf(described, first.registry);
    expect(text).toMatch(new RegExp(`FROM ${LOCAL_REFERENCE}@sha256:[0-9a-f]{64}`));
    expect(warnings).toEqual([]);
    const second = counting();
    expect((await textOf(described, second.registry)).text).toBe(text);
    // What was found is in the store; only what the tag names now is asked.
    expect(second.asked).toEqual(["resolve base"]);
  });

  it("is known to passes, and to all images on it by one look", async () => {
    const { registry, asked } = counting();
    const described = image.mkdir("/srv/a").chmod("/etc", 0o755);
    const prepared = await prepareImage(described, ["linux/amd64", "linux/amd64"], {
      context,
      store,
      registry,
    });
    for (const { plan } of prepared) {
      expect(plan.stages[0]?.base).toMatchObject({ known: { paths: { "/etc": { type: "folder" } } } });
    }
    expect(asked.filter((line) => line.startsWith("resolve"))).toHaveLength(1);
  });

  it("that cannot be reached is a warning at its line, and the text is right whatever it holds", async () => {
    const { registry, asked } = counting();
    const { text, warnings } = await textOf(
      Image.from("layerwright.test/nothing:v1").copy("src/a", "/usr/local/app/a"),
      registry,
    );
    expect(asked).toEqual(["resolve nothing"]);
    expect(text).toContain("FROM layerwright.test/nothing:v1 AS");
    expect(warnings).toEqual([
      expect.objectContaining({
        code: "BASE_NOT_REACHED",
        message: expect.stringContaining("the base layerwright.test/nothing:v1 was not looked into"),
        origin: expect.anything(),
      }),
    ]);
  });

  it("is asked once by a process that describes many images on it, and again where it gave no answer", async () => {
    const at = await registryFixture();
    onTestFinished(() => at.close());
    const { store, registries } = at.common;
    const reference = `${at.host}/base:v1`;
    const textOf = (name: string) =>
      dockerfile(Image.from(reference).write("/etc/a", name), { context, store, registries, lock: false });
    // There is no such image yet, and an answer that was an error is not kept.
    expect(await textOf("0")).toContain(`FROM ${reference} AS`);
    await at.push(Image.scratch().mkdir("/etc", { mode: 0o700 }), "base:v1");
    const before = at.memory.requests.length;
    expect(await textOf("1")).toContain("FROM");
    const first = at.memory.requests.length;
    expect(first).toBeGreaterThan(before);
    await textOf("2");
    await plan(Image.from(reference).write("/etc/b", "3"), { context, store, registries, lock: false });
    await expectImage(Image.from(reference).label("a", "b"), { context }).isOn(reference).hasLabel("a", "b");
    expect(at.memory.requests).toHaveLength(first);
  });

  it("is not asked for where nothing may be", async () => {
    expect(
      await dockerfile(Image.from("debian:bookworm-slim").copy("src/a", "/usr/local/app/a"), {
        context,
        store,
      }),
    ).toContain("FROM debian:bookworm-slim AS");
  });
});
