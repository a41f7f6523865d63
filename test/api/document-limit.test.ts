import { join } from "node:path";
import { build, Catalog, Image, lock, pull, rebase } from "layerwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/json.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { MAX_DOCUMENT } from "../../src/oci/manifest.js";
import { registryFixture } from "./registry-fixture.js";

let at: Awaited<ReturnType<typeof registryFixture>>;
beforeAll(async () => {
  at = await registryFixture();
  await at.push(Image.scratch().write("/one", "1"), "base:v1");
  await at.push(Image.from(`${at.host}/base:v1`).write("/two", "2"), "app:v1");
});
afterAll(() => at.close());

/** Gives an image a config with so many bytes, all of them text that JSON allows. */
async function withConfig(name: string, bytes: number): Promise<string> {
  const large = `${name}:large-${bytes}`;
  const url = `http://${at.host}/v2/${name}`;
  const own = canonicalJson(await at.config(`${name}:v1`));
  const content = `${own}${" ".repeat(bytes - own.length)}`;
  const digest = `sha256:${Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(content))).toString("hex")}`;
  const sent = await fetch(`${url}/blobs/uploads/?digest=${digest}`, { method: "POST", body: content });
  expect(sent.status).toBe(201);
  const manifest = await at.manifest(`${name}:v1`);
  const body = canonicalJson({ ...manifest, config: { ...manifest.config, digest, size: bytes } });
  const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  const put = await fetch(`${url}/manifests/large-${bytes}`, { method: "PUT", body, headers });
  expect(put.status).toBe(201);
  return `${at.host}/${large}`;
}

test.each([
  ["at the limit", MAX_DOCUMENT, true],
  ["above it", MAX_DOCUMENT + 1, false],
] as const)("T8: every verb has one limit for a config %s", { timeout: 120_000 }, async (_, bytes, taken) => {
  const app = await withConfig("app", bytes);
  const base = await withConfig("base", bytes);
  const image = Image.from(base).write("/three", "3").run(["/one"], { network: "none" });
  const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
    rebase: () => rebase(app, { onto: `${at.host}/base:v1`, to: "rebased", ...at.common }),
    "rebase onto": () =>
      rebase(`${at.host}/app:v1`, { onto: base, to: "rebased", force: true, ...at.common }),
    pull: () => pull(app, { output: join(at.folder, "pulled.tar"), ...at.common }),
    build: () => build(Image.from(base).write("/three", "3"), at.common),
    lock: () =>
      lock(new Catalog("acme", { image }, { platforms: ["linux/amd64"] }), {
        context: at.folder,
        registries: {},
      }),
  };
  for (const [name, verb] of Object.entries(verbs)) {
    const error = await verb().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (taken) expect(error, name).toBeUndefined();
    else {
      expect(isLayerwrightError(error), `${name}: ${error}`).toBe(true);
      expect((error as Error).message, name).toContain(`has ${bytes} bytes, more than ${MAX_DOCUMENT}`);
    }
  }
});
