import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newOwnedName } from "../../src/adapters/host/owner-mark.js";
import { changeLockFile } from "../../src/adapters/lock-file/lock-file.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";
import { parseLock } from "../../src/lock/parse-lock.js";
import { digestOf } from "../../src/oci/digest.js";
import { parseReference } from "../../src/oci/reference.js";
import type { Plan } from "../../src/plan/plan.js";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { pinByLock, pinPlans } from "../../src/project/lock/pin-plans.js";
import type { PinOptions } from "../../src/project/options.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { openRegistry } from "../../src/project/registry/open-registry.js";
import { openStore } from "../../src/project/workspace.js";
import { RegistryDouble } from "../lock/registry-double.js";

let context = "";
let registry = new RegistryDouble();
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), "layerwright-lock-"));
  registry = new RegistryDouble();
});
afterEach(() => rmSync(context, { recursive: true, force: true }));

const url = "https://example.org/data.bin?token=geheim";
const downloads = {
  fetched: 0,
  async *fetch() {
    downloads.fetched++;
    yield Buffer.from("da");
    yield Buffer.from("ta");
  },
};

const options = (more: Partial<PinOptions> = {}): PinOptions => ({
  context,
  store: join(context, "store"),
  registry,
  downloads,
  ...more,
});
const planOf = (image: Image, platform = "linux/amd64"): Plan =>
  planImage(image.node, { platform, context }).plan;
const basesOf = (plans: readonly Plan[]) =>
  plans.flatMap(({ stages }) =>
    stages.flatMap(({ base }) => (base.kind === "registry" ? [base.digest] : [])),
  );
const lockFile = () => join(context, "layerwright.lock.json");
const readFile = () => readFileSync(lockFile(), "utf8");

async function failure(work: Promise<unknown> | (() => unknown)) {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (isLayerwrightError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("a build whose references are not in the lock", () => {
  it("looks each up once, writes it for all platforms, and says so in one line", async () => {
    const digest = registry.publish("debian:12", { "linux/amd64": ["one", "two"], "linux/arm64": ["four"] });
    const events: ProgressEvent[] = [];
    const plans = ["linux/amd64", "linux/arm64"].map((platform) => planOf(Image.from("debian:12"), platform));
    const pinned = await pinPlans(
      plans,
      options({ progress: { report: (event) => void events.push(event) } }),
    );
    expect(basesOf(pinned)).toEqual([digest, digest]);
    expect(registry.asked.filter((name) => !name.includes("@"))).toEqual(["docker.io/library/debian:12"]);
    const lock = parseLock(readFile(), "x");
    expect(Object.keys(lock.images)).toEqual(["docker.io/library/debian:12"]);
    const { platforms } = lock.images["docker.io/library/debian:12"]!;
    expect(platforms["linux/amd64"]?.size).toBe(6);
    expect(platforms["linux/arm64"]?.size).toBe(4);
    expect(events.filter(({ kind }) => kind === "warn")).toEqual([
      {
        kind: "warn",
        message: `${lockFile()} gets docker.io/library/debian:12 (linux/amd64), docker.io/library/debian:12 (linux/arm64)`,
      },
    ]);
    // Who gave the registry closes it.
    expect(registry.closed).toBe(0);
  });

  it("keeps to the lock when the tag moves, also for a platform that comes later", async () => {
    const digest = registry.publish("debian:12", { "linux/amd64": ["one"], "linux/arm64": ["two"] });
    await pinPlans([planOf(Image.from("debian:12"))], options());
    registry.publish("debian:12", { "linux/amd64": ["other"], "linux/arm64": ["other too"] });
    const before = statSync(lockFile()).ino;
    registry.asked.length = 0;
    expect(basesOf(await pinPlans([planOf(Image.from("debian:12"))], options()))).toEqual([digest]);
    expect(registry.asked).toEqual([]);
    expect(statSync(lockFile()).ino).toBe(before);
    expect(basesOf(await pinPlans([planOf(Image.from("debian:12"), "linux/arm64")], options()))).toEqual([
      digest,
    ]);
    expect(registry.asked.every((name) => name.includes("@sha256:"))).toBe(true);
    expect(Object.keys(parseLock(readFile(), "x").images["docker.io/library/debian:12"]!.platforms)).toEqual([
      "linux/amd64",
      "linux/arm64",
    ]);
  });

  it("takes an older variant where there is no exact one, and a manifest without an index", async () => {
    registry.publish("arm:1", { "linux/arm/v6": ["six"], "linux/amd64": ["no"] });
    const alone = registry.publish("alone:1", { "linux/amd64": ["alone"] }, { alone: true });
    await pinPlans([planOf(Image.from("arm:1"), "linux/arm/v7"), planOf(Image.from("alone:1"))], options());
    const { images } = parseLock(readFile(), "x");
    expect(images["docker.io/library/arm:1"]?.platforms["linux/arm/v7"]?.size).toBe(3);
    expect(images["docker.io/library/alone:1"]).toEqual({
      digest: alone,
      platforms: { "linux/amd64": { digest: alone, size: 5 } },
    });
  });

  it.each([false, true])("refuses a platform that the image does not have (alone: %s)", async (alone) => {
    registry.publish("debian:12", { "linux/amd64": ["one"] }, { alone });
    const error = await failure(pinPlans([planOf(Image.from("debian:12"), "linux/s390x")], options()));
    expect(error.code).toBe("BASE_PLATFORM_MISSING");
    expect(error.hint).toContain("linux/amd64");
    expect(existsSync(lockFile())).toBe(false);
  });

  it("fetches a file without a sha256 once, into the store", async () => {
    downloads.fetched = 0;
    const plan = planOf(Image.scratch().add(url, "/data"));
    const [pinned] = await pinPlans([plan], options());
    const sha256 = digestOf("data").slice(7);
    expect(pinned?.stages[0]?.layers[0]?.operations[0]).toMatchObject({ op: "add", sha256 });
    expect(parseLock(readFile(), "x").files[url]).toEqual({ sha256, size: 4 });
    await pinPlans([plan], options({ offline: true }));
    expect(downloads.fetched).toBe(1);
    const store = await openStore(join(context, "store"));
    expect(await store.stat(`sha256:${sha256}`)).toBe(4);
    await store.close();
  });

  it("neither reads nor writes a lock where nothing is to be pinned, or where none is wanted", async () => {
    writeFileSync(lockFile(), "no lock");
    const scratch = planOf(Image.scratch().write("/a", "1"));
    expect(await pinPlans([scratch], options())).toEqual([scratch]);
    const floating = planOf(Image.from("debian:12"));
    expect(await pinPlans([floating], options({ lock: false }))).toEqual([floating]);
    expect(readFile()).toBe("no lock");
    expect((await failure(pinPlans([floating], options()))).code).toBe("LOCK_INVALID");
    registry.publish("debian:12", { "linux/amd64": ["one"] });
    await pinPlans([floating], options({ lock: join(context, "deep/other.json") }));
    expect(existsSync(join(context, "deep/other.json"))).toBe(true);
  });

  it("loses no entry when many builds do it at once, and all build the same", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `image-${index}:1`);
    for (const name of names) registry.publish(name, { "linux/amd64": [name] });
    registry.publish("debian:12", { "linux/amd64": ["first"] });
    const builds = names.map((name, index) => {
      if (index === 6) registry.publish("debian:12", { "linux/amd64": ["moved"] });
      const plans = [planOf(Image.from(name)), planOf(Image.from("debian:12"))];
      return pinPlans(plans, options());
    });
    const digests = (await Promise.all(builds)).map((plans) => basesOf(plans)[1]);
    expect(new Set(digests).size).toBe(1);
    const { images } = parseLock(readFile(), "x");
    expect(Object.keys(images)).toHaveLength(13);
    expect(images["docker.io/library/debian:12"]?.digest).toBe(digests[0]);
    expect(existsSync(`${lockFile()}.writing`)).toBe(false);
  });
});

describe("a build that may not change the lock", () => {
  const plans = () => [
    planOf(Image.from("debian:12").add(url, "/data")),
    planOf(Image.from("alpine:3.20"), "linux/arm64"),
  ];

  it.each(["locked", "offline"] as const)(
    "(%s) is refused with the list of what is missing, and asks nobody",
    async (how) => {
      const error = await failure(pinPlans(plans(), options({ [how]: true })));
      expect(error.code).toBe("LOCK_INCOMPLETE");
      expect(error.message).toContain(
        `alpine:3.20 (linux/arm64), docker.io/library/debian:12 (linux/amd64), https://example.org/data.bin, and --${how}`,
      );
      expect(error.message).not.toContain("geheim");
      expect(registry.asked).toEqual([]);
      expect(existsSync(lockFile())).toBe(false);
      expect((await failure(pinPlans(plans(), options({ [how]: true, lock: false })))).code).toBe(
        "LOCK_INCOMPLETE",
      );
    },
  );

  it("is refused at the line of a file that has no sha256", async () => {
    const error = await failure(
      pinPlans([planOf(Image.scratch().add(url, "/data"))], options({ locked: true })),
    );
    expect(error.origin?.file).toContain("pin-plans.test");
  });

  it("builds what is in the lock", async () => {
    const digest = registry.publish("debian:12", { "linux/amd64": ["one"] });
    const plan = planOf(Image.from("debian:12"));
    await pinPlans([plan], options());
    registry.asked.length = 0;
    expect(basesOf(await pinPlans([plan], options({ locked: true })))).toEqual([digest]);
    expect(basesOf(await pinPlans([plan], options({ offline: true })))).toEqual([digest]);
    expect(registry.asked).toEqual([]);
  });

  it("says which layers and files the store lacks", async () => {
    registry.publish("debian:12", { "linux/amd64": ["here", "not here"] });
    const sha256 = "a".repeat(64);
    const plan = planOf(Image.from("debian:12").add(url, "/data", { sha256 }));
    await pinPlans([plan], options());
    const { platforms } = parseLock(readFile(), "x").images["docker.io/library/debian:12"]!;
    const { bytes } = await registry.document(parseReference(`debian@${platforms["linux/amd64"]!.digest}`));
    const store = await openStore(join(context, "store"));
    for (const blob of [bytes, Buffer.from("here")]) {
      const writer = await store.writer();
      writer.write(blob);
      await writer.commit();
    }
    await store.close();
    const error = await failure(pinPlans([plan], options({ offline: true })));
    expect(error.code).toBe("OFFLINE_MISSING");
    expect(error.message).toContain(
      `https://example.org/data.bin, the layer ${digestOf("not here")} of debian:12, and`,
    );
    expect(error.message).not.toContain(digestOf("here"));
  });

  it("offline gets registries that refuse, whatever they are asked", async () => {
    const closed = await openRegistry({ offline: true, registry });
    const reference = parseReference("debian:12");
    const descriptor = { mediaType: "x", digest: digestOf("x"), size: 1 };
    const calls = [
      closed.resolve(reference),
      closed.document(reference),
      closed.download(reference, descriptor, () => undefined),
      closed.upload(reference, { descriptor, async *bytes() {} }),
      closed.putDocument(reference, { descriptor, bytes: Buffer.from("x") }),
    ];
    for (const call of calls) {
      const error = await failure(call);
      expect(error.code).toBe("OFFLINE_MISSING");
      expect(error.message).toContain("debian");
    }
    await closed.close();
    expect(registry.asked).toEqual([]);
  });
});

describe("a synthesis", () => {
  it("pins what the lock has, leaves the rest, and asks nobody", async () => {
    const digest = registry.publish("debian:12", { "linux/amd64": ["one"] });
    await pinPlans([planOf(Image.from("debian:12"))], options());
    const plans = [planOf(Image.from("debian:12"), "linux/arm64"), planOf(Image.from("alpine"))];
    expect(basesOf(pinByLock(plans, { context }))).toEqual([digest, undefined]);
    expect(basesOf(pinByLock(plans, { context, lock: false }))).toEqual([undefined, undefined]);
    expect((await failure(() => pinByLock(plans, { context, locked: true }))).code).toBe("LOCK_INCOMPLETE");
  });
});

describe("the file of a lock", () => {
  it("is not written where its text stays the same, and stays a link where it is one", async () => {
    const real = join(context, "real.json");
    writeFileSync(real, "1");
    symlinkSync(real, lockFile());
    const { ino } = statSync(real);
    await changeLockFile(lockFile(), (text) => text!);
    expect(statSync(real).ino).toBe(ino);
    await changeLockFile(lockFile(), () => "2");
    expect(readFileSync(real, "utf8")).toBe("2");
  });

  it("is refused while another process holds it for too long", async () => {
    symlinkSync(newOwnedName(), `${lockFile()}.writing`);
    const error = await failure(changeLockFile(lockFile(), () => "x", 0.05));
    expect(error.code).toBe("LOCK_BUSY");
    expect(error.hint).toContain("layerwright.lock.json.writing");
  });

  it("is refused where it cannot be read or written", async () => {
    expect((await failure(pinPlans([planOf(Image.from("debian"))], options({ lock: context })))).code).toBe(
      "LOCK_UNREADABLE",
    );
    writeFileSync(join(context, "file"), "");
    const error = await failure(changeLockFile(join(context, "file/lock.json"), () => "x"));
    expect(error.code).toBe("LOCK_UNWRITABLE");
    expect(error.hint).toContain("--no-lock");
  });
});
