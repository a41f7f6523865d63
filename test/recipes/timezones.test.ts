import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { timezones, tzif } from "../../src/recipes/timezones.js";
import { parseZoneData, zoneData, zoneHistory } from "../../src/recipes/zone-history.js";
import { refusal } from "../image/refusal.js";

const flat = (image: Image) =>
  image.node.steps.flatMap((step) => (step.kind === "layer" ? step.steps : [step]));
const history = (name: string) => zoneHistory(zoneData(), zoneData().links.get(name) ?? name);

const HOST = "/usr/share/zoneinfo";
const LINES = createRequire(import.meta.url)("../../src/recipes/tzdata.json") as string[];
const READER = fileURLToPath(new URL("../peers/zone-times.py", import.meta.url));
const hasPeers = Boolean(process.env.CI) || (runs("zic", "--version") && runs("python3", "--version"));
const hostIsAlike =
  existsSync(`${HOST}/tzdata.zi`) && readFileSync(`${HOST}/tzdata.zi`, "utf8") === LINES.join("\n");

function runs(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What the C library reads in our files of a database, beside those in `theirs`, by default what zic makes of it. */
function compared(lines: readonly string[], theirs?: string): unknown {
  const directory = mkdtempSync(join(tmpdir(), "lw-zones-"));
  const at = (name: string) => join(directory, name);
  try {
    const data = parseZoneData(lines);
    for (const name of data.zones.keys()) {
      mkdirSync(dirname(at(`ours/${name}`)), { recursive: true });
      writeFileSync(at(`ours/${name}`), tzif(zoneHistory(data, name)));
    }
    writeFileSync(at("source"), lines.join("\n"));
    // `fat` has records up to 2037 beside the rule, as Debian's files do.
    if (theirs === undefined) execFileSync("zic", ["-b", "fat", "-d", at("zic"), at("source")]);
    return JSON.parse(
      execFileSync("python3", [READER, at("ours"), theirs ?? at("zic")], { encoding: "utf8" }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What no zone has today, or only one: days by number, hours off the day, weeks counted back, changes at odd times. */
const ODD = `# version odd
R A 1990 ma - Mar 31 24 1 D
R A 1990 ma - O 1 0 0 S
R B 1990 ma - Mar lastSu 25 1 D
R B 1990 ma - O Su<=29 -1 0 S
R D 2000 ma - Mar Th>=9 26u 0:20 D
R D 2000 ma - N F>=6 3:15:30s 0 S
R E 2000 ma - Mar Sa>=30 0 -1 W
R E 2000 ma - N Sa<=30 24s 0 -
R F 2010 2050 - Mar 1 0 2 D
R F 2010 2050 - O 1 0 0 S
R G 1980 1990 - Mar 1 0 1 D
R G 1980 1989 - O 1 0 0 S
R H 1980 ma - Jun 30 24 1 D
R H 1980 ma - D 31 24 0 S
Z Days/Numbers 3 A N%sT
Z Hours/Off 5:45 B %z
Z Minutes/Twenty -10 D %z
Z Winter/Less 2 E XXX/YYY
Z Until/Standard 0 - UTC 2012 Jun 3 4s
0 F F%sT 2030 F 20
1 F G%sT
Z Summer/ForGood 3 G %z
Z Rules/Change 0:20:30 - LMT 1890
1 H A%sT 1995 Jul 1 1
2 H B%sT 1995 Jul 2
3 H C%sT
Z Save/Fixed 1 - XST 2000
2 -0:30 YYY/ZZZ
Z Changes/Close 0 - -00 2020
0 - UTC 2020 Ja 1 0:20
1 - XYZ 2020 Ja 1 4
2 - XYZ
L Days/Numbers Other/Name
`.split("\n");

describe("time zone files", () => {
  it.runIf(hasPeers)("L10: tell the time that zic's tell, in every zone", { timeout: 600_000 }, () => {
    expect(compared(LINES)).toEqual({
      zones: zoneData().zones.size,
      instants: expect.toSatisfy((count: number) => count > 400_000),
      differences: [],
    });
  });

  it.runIf(hostIsAlike)("L10: tell the time that the host's tell", { timeout: 600_000 }, () => {
    expect(compared(LINES, HOST)).toMatchObject({ differences: [] });
  });

  it.runIf(hasPeers)("L10: tell the time that zic's tell, in zones that no country has", () => {
    expect(compared(ODD)).toMatchObject({ zones: 9, differences: [] });
  });

  it.each([
    // Winter time is what differs by law, and so has the flag.
    ["Europe/Dublin", "2026-01-01T00:00Z", 0, true, "GMT"],
    ["Europe/Dublin", "2026-07-01T00:00Z", 3600, false, "IST"],
    ["Europe/Dublin", "1916-05-21T03:00Z", 2079, true, "IST"],
    ["Africa/Casablanca", "2026-02-20T00:00Z", 0, true, "+00"],
    ["Africa/Casablanca", "2026-05-01T00:00Z", 3600, false, "+01"],
    ["Africa/Windhoek", "1995-07-01T00:00Z", 3600, true, "WAT"],
    // Half an hour, two hours, and twice in a year.
    ["Australia/Lord_Howe", "2026-01-01T00:00Z", 39_600, true, "+11"],
    ["Antarctica/Troll", "2026-07-01T00:00Z", 7200, true, "+02"],
    ["Europe/London", "1945-05-01T00:00Z", 7200, true, "BDST"],
    // Abolished; and a time that looks like daylight saving time and is none.
    ["America/Sao_Paulo", "2019-01-01T00:00Z", -7200, true, "-02"],
    ["America/Sao_Paulo", "2026-01-01T00:00Z", -10_800, false, "-03"],
    ["Europe/Istanbul", "2026-07-01T00:00Z", 10_800, false, "+03"],
    ["Europe/Moscow", "2012-01-01T00:00Z", 14_400, false, "MSK"],
    // One change for good, one that skipped a day, and none.
    ["Asia/Kathmandu", "1986-01-01T00:00Z", 20_700, false, "+0545"],
    ["Pacific/Apia", "2011-12-30T10:00Z", 50_400, true, "+14"],
    ["Etc/GMT+5", "2026-01-01T00:00Z", -18_000, false, "-05"],
    ["UTC", "1900-01-01T00:00Z", 0, false, "UTC"],
    // Rules at 24:00, and local mean time with its seconds.
    ["Asia/Jerusalem", "1957-04-28T00:00Z", 10_800, true, "IDT"],
    ["America/Cuiaba", "1900-01-01T00:00Z", -13_460, false, "LMT"],
  ])("L10: have %s at %s", (name, time, offset, daylight, abbreviation) => {
    const { first, changes } = history(name);
    const at = Date.parse(time) / 1000;
    const type = changes.filter((change) => change.at <= at).at(-1)?.type ?? first;
    expect(type).toEqual({ offset, daylight, abbreviation });
  });

  it.each([
    ["Etc/UTC", "UTC0"],
    ["Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"],
    ["Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"],
    ["Antarctica/Troll", "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3"],
    ["Pacific/Chatham", "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45"],
    ["America/New_York", "EST5EDT,M3.2.0,M11.1.0"],
    ["Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"],
    ["Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0"],
    ["America/Nuuk", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"],
    ["Asia/Kathmandu", "<+0545>-5:45"],
    ["Asia/Tokyo", "JST-9"],
  ])("go on after the records in %s by %s", (name, rule) => expect(history(name).rule).toBe(rule));

  it("have a version that allows the hours of the rule", () => {
    const version = (name: string) => Buffer.from(tzif(history(name))).toString("latin1", 0, 5);
    expect(version("Europe/Berlin")).toBe("TZif2");
    expect(version("America/Nuuk")).toBe("TZif3");
    expect(version("Asia/Jerusalem")).toBe("TZif3");
  });

  it("begin for readers of 32-bit times with what holds there", () => {
    // New York left local mean time in 1883; such readers count from 1901.
    const file = Buffer.from(tzif(history("America/New_York")));
    const [times, types] = [file.readUInt32BE(32), file.readUInt32BE(36)];
    const use = file.readUInt8(44 + 4 * times);
    expect(file.readInt32BE(44)).toBe(-(2 ** 31));
    expect(file.readInt32BE(44 + 5 * times + 6 * use)).toBe(-18_000);
    expect(types).toBeGreaterThan(use);
  });

  it("are well formed for every zone, and small", () => {
    for (const name of zoneData().zones.keys()) {
      const { changes, rule } = history(name);
      const increasing = changes.every(({ at }, index) => index === 0 || at > changes[index - 1]!.at);
      expect(increasing, name).toBe(true);
      expect(rule, name).not.toBe("");
      const limit = name === "Asia/Gaza" || name === "Asia/Hebron" ? 8192 : 4096;
      expect(tzif(history(name)).length, name).toBeLessThan(limit);
    }
  });

  it("are of the release that the documentation names", () => {
    const docs = readFileSync(new URL("../../docs/static-binary.md", import.meta.url), "utf8");
    expect(docs).toContain(`release ${zoneData().version} `);
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
      { kind: "write", path: "/usr/share/zoneinfo/US/Eastern", contents: tzif(history("America/New_York")) },
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
