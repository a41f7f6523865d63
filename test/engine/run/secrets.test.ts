import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, dockerfile, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RuncSandbox } from "../../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES, ensureBases } from "../../fixtures/bases.js";
import { buildIn } from "../../fixtures/sandbox-build.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";
import { imageBlobs } from "../../peers/image-blobs.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-secrets-"));
const place = join(work, "of-the-user");
beforeAll(() => {
  ensureBases();
  writeFileSync(place, FILE);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const FILE = "canary-of-a-file-7b1d4e\n";
const VALUE = "canary of a variable 93ac";

/** How a secret could have been written down. */
function forms(secret: string): Buffer[] {
  const plain = Buffer.from(secret.trim());
  const base64 = [0, 1, 2].map((shift) => {
    // What is in the middle of a longer text, whatever stands before it.
    const text = Buffer.concat([Buffer.alloc(shift), plain]).toString("base64");
    return text.slice(shift === 0 ? 0 : 4, text.length - 4);
  });
  const texts = [
    ...base64,
    plain.toString("hex"),
    plain.toString("hex").toUpperCase(),
    encodeURIComponent(secret.trim()),
  ];
  return [plain, ...texts.map((text) => Buffer.from(text))];
}

const CANARIES = [FILE, VALUE].flatMap(forms);

function found(bytes: Uint8Array): boolean {
  return CANARIES.some((canary) => Buffer.from(bytes).includes(canary));
}

/** Every file below a folder that holds a secret, in its name or its bytes. */
function holding(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => join(folder, name) !== place)
    .filter((name) => {
      const path = join(folder, name);
      return found(Buffer.from(name)) || (statSync(path).isFile() && found(readFileSync(path)));
    });
}

const PRINT = [
  "cat /run/secrets/file",
  'echo "value: $VALUE"',
  "busybox base64 /run/secrets/file",
  'echo -n "$VALUE" | busybox base64',
  "busybox xxd -p /run/secrets/file",
].join("; ");

const image = (command: string) =>
  Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).run(command, {
    network: "none",
    mounts: [
      { type: "secret", id: "file", required: true },
      { type: "secret", id: "value", env: "VALUE" },
    ],
  });

describe.skipIf(missing !== undefined)("a secret of a command", () => {
  const sandbox = new RuncSandbox({ folder: join(work, "sandbox") });
  afterAll(() => sandbox.close());
  const printed: string[] = [];
  const progress = { report: (event: object) => void printed.push(JSON.stringify(event)) };
  const secrets = { file: { file: place }, value: Buffer.from(VALUE) };
  const options = { sandbox, context: work, work, secrets, progress };

  test("reaches the command, and nothing that stays", async () => {
    const seen = "busybox sha256sum /run/secrets/file > /seen && stat -c '%a %u' /run/secrets/file >> /seen";
    const { listing } = await buildIn(image(`${seen}; ${PRINT}`), options);
    expect(listing.rootfs.get("seen")?.size).toBeGreaterThan(64);
    expect(listing.rootfs.has("run/secrets")).toBe(false);
    expect(printed.join("\n")).toContain("***");
    expect(printed.filter((line) => found(Buffer.from(line)))).toEqual([]);
    const { config, layers } = imageBlobs(join(work, "image.tar"));
    expect(found(Buffer.from(JSON.stringify(config)))).toBe(false);
    expect(layers.filter(found)).toEqual([]);
    expect(holding(work)).toEqual([]);
  });

  test("is in no message when the command fails", async () => {
    const failure = await buildIn(image(`${PRINT}; exit 3`), options).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: "RUN_FAILED", exitCode: 3 });
    const { message, stack, ...fields } = failure as Error;
    expect(message).toContain("***");
    expect(found(Buffer.from(JSON.stringify([message, stack, fields])))).toBe(false);
    expect(holding(work)).toEqual([]);
  });

  test("is hidden where the image has a variable of the same name", async () => {
    printed.length = 0;
    const own = Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).env({ VALUE: "of the image" });
    const run = own.run('echo "value: $VALUE"', {
      network: "none",
      mounts: [{ type: "secret", id: "value", env: "VALUE" }],
    });
    await buildIn(run, options);
    expect(printed.join("\n")).toContain("value: ***");
    expect(printed.filter((line) => found(Buffer.from(line)))).toEqual([]);
  });

  test("is no part of what decides whether the command runs again", async () => {
    const command = image("busybox wc -c < /run/secrets/file > /length; date > /when");
    const first = await buildIn(command, options);
    const other = await buildIn(command, {
      ...options,
      secrets: { ...secrets, file: Buffer.from("longer than before, by far\n") },
    });
    expect(other.listing.rootfs.get("length")?.sha256).toBe(first.listing.rootfs.get("length")?.sha256);
  });

  test("is missed before any work", async () => {
    const failure = buildIn(image("true"), { ...options, secrets: {} });
    await expect(failure).rejects.toMatchObject({ code: "SECRET_MISSING", subject: "file" });
    const nowhere = { file: { file: join(work, "nowhere") } };
    const unreadable = buildIn(image("true"), { ...options, secrets: nowhere });
    await expect(unreadable).rejects.toMatchObject({ code: "SECRET_UNREADABLE", subject: "file" });
    const unset = buildIn(image("true"), { ...options, secrets: { file: { env: "LAYERWRIGHT_NOT_SET" } } });
    await expect(unset).rejects.toMatchObject({ code: "SECRET_UNREADABLE" });
  });

  test("is in the Dockerfile by its id alone", async () => {
    const mounts = [{ type: "secret", id: "file", required: true }] as const;
    const text = await dockerfile(Image.scratch().run(PRINT, { mounts }));
    expect(text).toContain("id=file");
    expect(found(Buffer.from(text))).toBe(false);
  });
});

test.runIf(missing !== undefined)("commands run here", ({ skip }) => skip(missing));
