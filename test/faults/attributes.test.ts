import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { planOf } from "../equivalence/both-ways.js";
import { type BaseVariant, baseFrom, baseImage } from "../fixtures/base-kinds.js";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

const NET_RAW = "0100000200200000000000000000000000000000";
const data = Buffer.from("f");
const variant: BaseVariant = {
  layer: [
    { path: "u", type: "dir", xattrs: { "user.test": "6162" } },
    { path: "u/both", type: "file", data, xattrs: { "user.test": "6162", "security.capability": NET_RAW } },
    { path: "u/other", type: "file", data, xattrs: { "user.b": "61", "security.selinux": "61" } },
  ],
};
/** Only what belongs to the machine that packed it, and capabilities. */
const nothingLost: BaseVariant = {
  layer: [
    { path: "u", type: "dir", xattrs: { "user.overlay.origin": "61" } },
    {
      path: "u/both",
      type: "file",
      data,
      xattrs: { "security.capability": NET_RAW, "security.selinux": "61" },
    },
  ],
};

const work = mkdtempSync(join(tmpdir(), "layerwright-attributes-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What is said of an image before either synthesis: both take it from the prepared plan. */
async function told(
  place: "disk" | "registry",
  describeImage: (base: Image) => Image,
  of = variant,
): Promise<readonly string[] | undefined> {
  const base = baseImage("busybox", of);
  if (typeof base === "string") return undefined;
  const image = describeImage(Image.from(baseFrom(base, place)));
  const { warnings } = await planOf({
    image,
    context: work,
    store: join(work, "store"),
    bases: [base],
    network: "none",
  });
  return warnings.filter(({ code }) => code === "ATTRIBUTES_LOST").map(({ message }) => message);
}

describe("E23: extended attributes of a base under squash all", () => {
  test("are lost both ways but for capabilities, as BuildKit copies no others", async (context) => {
    const built = await bothWays(context, (base) => base.write("/w", "1").squash("all"), {
      kinds: ["busybox"],
      variant,
    });
    expectSame(built);
    for (const { direct } of built) {
      const { rootfs } = listingOf(direct);
      expect(rootfs.get("u")?.xattrs).toEqual({});
      expect(rootfs.get("u/other")?.xattrs).toEqual({});
      expect(rootfs.get("u/both")?.xattrs).toEqual({ "security.capability": NET_RAW });
    }
  }, 120_000);

  test.for(["disk", "registry"] as const)(
    "are named in one warning, of a base on %s",
    async (place, context) => {
      const said = await told(place, (base) => base.write("/w", "1").squash("all"));
      if (said === undefined) return context.skip("no busybox here");
      expect(said).toHaveLength(1);
      for (const part of ["user.b, user.test", "3 paths, the first is /u)", "security.capability"])
        expect(said[0]).toContain(part);
      expect(said[0]).not.toContain("selinux");
      // What was looked up is kept under its digest: the second look says the same.
      expect(await told(place, (base) => base.write("/w", "1").squash("all"))).toEqual(said);
      expect(await told(place, (base) => base.write("/w", "1").squash("own"))).toEqual([]);
      expect(await told(place, (base) => base.write("/w", "1"))).toEqual([]);
      expect(await told(place, (base) => base.write("/w", "1").squash("all"), nothingLost)).toEqual([]);
    },
  );
});
