import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Image } from "../../src/image/image.js";
import { registryFixture } from "../api/registry-fixture.js";
import { runHere } from "./cli-support.js";

let at: Awaited<ReturnType<typeof registryFixture>>;
beforeAll(async () => {
  at = await registryFixture();
  const base = (version: string) =>
    Image.scratch().layer("base", (image) => image.write("/etc/version", version).write("/bin/chmod", ""));
  await at.push(base("one"), "base:v1");
  await at.push(base("two").mkdir("/opt"), "base:v2");
  await at.push(Image.from(`${at.host}/base:v1`).write("/srv/a", "a"), "app:v1");
  await at.push(Image.from(`${at.host}/base:v1`).chmod("/etc/version", 0o600), "unsafe:v1");
});
afterAll(() => at.close());
beforeEach(() => void vi.stubEnv("LAYERWRIGHT_CACHE", at.common.store));

const command = (...words: string[]) => runHere(["rebase", ...words, "--onto", `${at.host}/base:v2`]);

describe("layerwright rebase", () => {
  it("says what was swapped", async () => {
    const dry = await command(`${at.host}/app:v1`, "--dry-run");
    expect(dry).toMatchObject({ code: 0 });
    expect(dry.stdout).toMatch(/would be .*\/app:v1 sha256:[0-9a-f]{12} \(dry run\)\n$/);
    const ran = await command(`${at.host}/app:v1`, "-t", "v2");
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/^ {2}- .*\/base:v1 sha256:[0-9a-f]{12} \(1 layer, \d+ B\)$/m);
    expect(ran.stdout).toMatch(/^ {2}\+ .*\/base:v2 sha256:[0-9a-f]{12} \(2 layers, \d+ B\)$/m);
    expect(ran.stdout).toMatch(/^ {2}= kept \(1 layer, \d+ B\)$/m);
    expect(ran.stdout).toMatch(/\/app:v2 is sha256:[0-9a-f]{12} now, \d+ B sent\n$/);
    const json = JSON.parse((await command(`${at.host}/app:v2`, "--json")).stdout);
    expect(json).toMatchObject({ dryRun: false, oldDigest: json.digest });
  });

  it("refuses what is not safe with exit code 3, and warns where it is forced", async () => {
    const refused = await command(`${at.host}/unsafe:v1`, "--json");
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.stdout).error.code).toBe("REBASE_UNSAFE");
    const forced = await command(`${at.host}/unsafe:v1`, "--force", "-q", "-t", "v2");
    expect(forced.code).toBe(0);
    expect(forced.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const loud = await command(`${at.host}/unsafe:v1`, "--force", "-t", "v2");
    expect(loud.stderr).toMatch(/^warning linux\/\w+: may not fit the new base: "chmod .*\)$/m);
  });
});
