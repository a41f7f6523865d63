import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { timezones } from "../../src/recipes/timezones.js";
import { tzif } from "../../src/recipes/tzif.js";
import { unpackZone, zoneData } from "../../src/recipes/zone-data.js";
import { zoneRule } from "../../src/recipes/zone-rule.js";
import { refusal } from "../image/refusal.js";

const flat = (image: Image) =>
  image.node.steps.flatMap((step) => (step.kind === "layer" ? step.steps : [step]));
const zone = (name: string) => {
  const { links, packed } = zoneData();
  return unpackZone(packed.get(links.get(name) ?? name)!);
};

/** Zones whose rules nobody changed lately, so that two versions of the database agree; odd ones included. */
const ZONES = [
  ...["America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Caracas"],
  ...[
    "America/Santiago",
    "America/Nuuk",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Istanbul",
  ],
  ...["Africa/Cairo", "Africa/Johannesburg", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Tehran"],
  ...[
    "Asia/Jerusalem",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Auckland",
  ],
];

/** Prints where two folders of zones differ in offset or abbreviation, and how many instants were compared. */
const COMPARE = `
import datetime, os, sys, zoneinfo
ours, theirs, names = sys.argv[1], sys.argv[2], sys.argv[3:]
count = 0
for name in names:
    one, two = (zoneinfo.ZoneInfo.from_file(open(os.path.join(at, name), "rb")) for at in (ours, theirs))
    at, step = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc), datetime.timedelta(hours=73)
    while at.year < 2040:
        a, b = at.astimezone(one), at.astimezone(two)
        if a.utcoffset() != b.utcoffset() or a.tzname() != b.tzname(): print(name, at, a, b)
        at += step
        count += 1
print(count)
`;
const HOST = "/usr/share/zoneinfo";
const python = (() => {
  try {
    execFileSync("python3", ["-c", "import zoneinfo"], { stdio: "ignore" });
    return existsSync(`${HOST}/Europe/Berlin`);
  } catch {
    return false;
  }
})();

describe("time zone files", () => {
  it.runIf(python)("tell the same time as the host's own", () => {
    const folder = mkdtempSync(join(tmpdir(), "lw-zones-"));
    try {
      for (const name of ZONES) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), tzif(zone(name)));
      }
      const args = ["-c", COMPARE, folder, HOST, ...ZONES];
      const lines = execFileSync("python3", args, { encoding: "utf8" }).trim().split("\n");
      expect(lines).toEqual([expect.stringMatching(/^\d{6}$/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["Etc/UTC", "UTC0"],
    ["Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"],
    ["America/New_York", "EST5EDT,M3.2.0,M11.1.0"],
    ["Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"],
    ["Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0"],
    ["America/Nuuk", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"],
    ["Asia/Kathmandu", "<+0545>-5:45"],
    ["Asia/Tokyo", "JST-9"],
  ])("go on after the records in %s by %s", (name, rule) => expect(zoneRule(zone(name))).toBe(rule));

  it("are well formed for every zone", () => {
    for (const [name, packed] of zoneData().packed) {
      const { types, uses, untils } = unpackZone(packed);
      expect(uses.length, name).toBe(untils.length + 1);
      expect(
        untils.every((at, index) => index === 0 || at > untils[index - 1]!),
        name,
      ).toBe(true);
      expect(
        uses.every((use) => types[use] !== undefined),
        name,
      ).toBe(true);
      expect(tzif({ types, uses, untils }).length, name).toBeLessThan(
        name === "Asia/Gaza" || name === "Asia/Hebron" ? 16_384 : 4096,
      );
    }
  });
});

describe("timezones", () => {
  it("writes all zones as one layer, and other names as links", () => {
    const image = Image.scratch().with(timezones());
    expect(image.node.steps.map((step) => step.kind)).toEqual(["layer"]);
    const steps = flat(image);
    expect(steps.length).toBeGreaterThan(590);
    expect(steps).toContainEqual(
      expect.objectContaining({
        kind: "symlink",
        path: "/usr/share/zoneinfo/US/Eastern",
        target: "../America/New_York",
      }),
    );
    expect(flat(Image.scratch().with(timezones())).length).toBe(steps.length);
  });

  it("writes the chosen ones, whole where the target is not among them", () => {
    const image = Image.scratch().with(timezones({ zones: ["US/Eastern"], default: "Europe/Berlin" }));
    expect(flat(image)).toMatchObject([
      { kind: "write", path: "/usr/share/zoneinfo/Europe/Berlin" },
      { kind: "write", path: "/usr/share/zoneinfo/US/Eastern", contents: tzif(zone("America/New_York")) },
      { kind: "symlink", path: "/etc/localtime", target: "/usr/share/zoneinfo/Europe/Berlin" },
    ]);
  });

  it.each([
    ["ZONE_UNKNOWN", () => timezones({ zones: ["Europe/Belrin"] })],
    ["ZONE_UNKNOWN", () => timezones({ default: "../etc/passwd" })],
    ["ZONE_UNKNOWN", () => timezones({ zones: [5 as never] })],
    ["ARGUMENT_INVALID", () => timezones({ zones: "UTC" as never })],
    ["OPTION_UNKNOWN", () => timezones({ zone: "UTC" } as never)],
  ])("refuses with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));

  it("tells the zone that was meant", () => {
    expect(refusal(() => timezones({ zones: ["Europe/Belrin"] })).message).toContain(
      'did you mean "Europe/Berlin"?',
    );
  });
});
