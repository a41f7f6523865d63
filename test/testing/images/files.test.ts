import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image } from "layerwright";
import { expectImage } from "layerwright/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { failing } from "./failing.js";

let context: string;
beforeAll(() => {
  context = mkdtempSync(join(tmpdir(), "layerwright-expect-"));
  mkdirSync(join(context, "site/img"), { recursive: true });
  writeFileSync(join(context, "site/index.html"), "<h1>hello</h1>\n");
  writeFileSync(join(context, "site/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(context, "site/img/a.map"), "{}");
  symlinkSync("index.html", join(context, "site/home"));
});
afterAll(() => rmSync(context, { recursive: true, force: true }));

const accounts = Image.scratch()
  .write("/etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:700:701::/:/bin/sh\n")
  .write("/etc/group", "root:x:0:\nstaff:x:50:\n");

const image = Image.from(accounts)
  .copy("site", "/srv", { owner: "app" })
  .write("/app", "#!/bin/sh\n", { mode: 0o755 })
  .symlink("/srv/index.html", "/start")
  .mkdir("/data", { owner: "5:6", mode: 0o700 });

const subject = (of = image) => expectImage(of, { context, platform: "linux/amd64" });

describe("files of an image", () => {
  it("are what the steps put there", async () => {
    await subject()
      .hasFile("/app", { mode: 0o755, owner: "0:0", size: 10, contents: "#!/bin/sh\n" })
      .hasFile("/srv/index.html", { mode: "0644", owner: "app", contents: /hello/ })
      .hasFile("/srv/run.sh", { mode: 0o755, owner: 700, contents: Buffer.from("#!/bin/sh\n") })
      .hasFile("/start", { contents: /hello/ })
      .hasFile("/start", { type: "symlink" })
      .hasFile("/srv/home", { linkTarget: "index.html" })
      .hasSymlink("/start", "/srv/index.html")
      .hasSymlink("/start")
      .hasFolder("/data", { mode: 0o700, owner: "5:6" })
      .hasFolder("/srv/img")
      .hasPath("/srv/home")
      .hasNoFile("/srv/img/b.map")
      .hasNoFileMatching("**/*.js");
  });

  it("that are missing are reported with what is near", async () => {
    const error = await failing(() => subject().hasFile("/srv/index.htm", { mode: 0o600 }));
    expect(error.message).toMatch(/^the image has no file \/srv\/index\.htm\n/);
    expect(error.message).toContain("close to it: /srv/index.html");
    expect(error.message).toContain("in /srv:     home, img, index.html, run.sh");
    expect(error.expected).toEqual({ type: "file", mode: "0600" });
    expect(error.actual).toBeUndefined();
    expect(error.operator).toBe("hasFile");
    // The first frame is the user's.
    expect(error.stack!.split("\n").find((line) => line.trim().startsWith("at "))).toContain("files.test.ts");
  });

  it("that a step removed are reported with that step", async () => {
    const error = await failing(() => subject(image.remove("/srv/img")).hasFile("/srv/img/a.map"));
    expect(error.message).toMatch(/removed by: remove \/srv\/img \(.*files\.test\.ts:\d+/);
    await subject(image.remove("/srv/img")).hasNoFile("/srv/img").hasNoFileMatching("**/*.map");
  });

  it("that differ are reported with all differences and the line that placed them", async () => {
    const error = await failing(() =>
      subject().hasFile("/app", { mode: 0o700, owner: "app:staff", size: 3, contents: /bash/ }),
    );
    expect(error.message).toContain("/app has the mode 0755, not 0700, and the owner 0:0, not app:staff");
    expect(error.message).toContain("the size 10, not 3");
    expect(error.message).toMatch(/from: write \/app \(.*files\.test\.ts:\d+/);
    expect(error.actual).toEqual({ mode: "0755", owner: "0:0", size: 10, contents: "#!/bin/sh\n" });
    expect(error.expected).toEqual({ mode: "0700", owner: "app:staff", size: 3, contents: /bash/ });
  });

  it("have a type", async () => {
    expect((await failing(() => subject().hasFile("/data"))).message).toMatch(
      /^\/data is a folder and no file/,
    );
    expect((await failing(() => subject().hasFolder("/app"))).message).toMatch(
      /^\/app is a file and no folder/,
    );
    expect((await failing(() => subject().hasSymlink("/app"))).message).toMatch(
      /^\/app is a file and no symbolic link/,
    );
    expect((await failing(() => subject().hasSymlink("/start", "/x"))).message).toContain(
      'linkTarget "/srv/index.html", not "/x"',
    );
  });

  it("must not be where they must not be", async () => {
    const error = await failing(() => subject().hasNoFile("/srv/img"));
    expect(error.message).toMatch(/^the image has a folder \/srv\/img\n {2}from: copy site \/srv \(/);
    const matching = await failing(() => subject().hasNoFileMatching("/srv/**/*.map"));
    expect(matching.message).toMatch(/^the image has a path matching \/srv\/\*\*\/\*\.map\n/);
    expect(matching.actual).toEqual(["/srv/img/a.map"]);
    expect((await failing(() => subject().hasPath("/srv/none"))).message).toBe(
      "the image has nothing at /srv/none",
    );
  });

  it("belong to users that exist", async () => {
    const error = await failing(() => subject().hasFile("/app", { owner: "nobody" }));
    expect(error.message).toContain("owner 0:0, not nobody");
    expect(error.message).toMatch(/note: the image has no user "nobody": .*app/);
  });

  it("are told from bad questions, at the user's line", () => {
    const asked: (() => unknown)[] = [
      () => subject().hasFile("app"),
      () => subject().hasFile("/app", { mode: "u=rwX" }),
      () => subject().hasFile("/app", { mode: 755 }),
      () => subject().hasFile("/app", { owner: "a:b:c" }),
      () => subject().hasFile("/app", { size: -1 }),
      () => subject().hasFile("/app", { contents: 1 as never }),
      () => subject().hasFile("/app", { type: "dir" as never }),
      () => subject().hasFile("/app", { type: "folder", size: 1 }),
      () => subject().hasFile("/app", { modes: 1 } as never),
      () => subject().hasNoFileMatching("[a"),
      () => subject().hasNoFileMatching(""),
      () => subject().hasNoFile("/a", { own: 1 as never }),
      () => expectImage("debian" as never),
      () => expectImage(image, { platfrom: "linux/amd64" } as never),
    ];
    const codes = asked.map((ask) => {
      try {
        ask();
      } catch (error) {
        expect(error).toMatchObject({ origin: { file: expect.stringMatching(/files\.test\.ts$/) } });
        return (error as { code: string }).code;
      }
      return "passed";
    });
    expect(codes).toEqual([
      "PATH_INVALID",
      "ARGUMENT_INVALID",
      "MODE_DECIMAL",
      "OWNER_INVALID",
      ...Array(4).fill("ARGUMENT_INVALID"),
      "OPTION_UNKNOWN",
      ...Array(4).fill("ARGUMENT_INVALID"),
      "OPTION_UNKNOWN",
    ]);
  });

  it("are read from the context that the options name; a source that is missing is the plan's error", async () => {
    await expect(expectImage(image).hasFile("/app")).rejects.toThrowError(
      expect.objectContaining({ code: "SOURCE_NOT_FOUND" }),
    );
    // What needs no files looks at none.
    await expectImage(image.env("A", "1")).isOn(accounts);
  });

  it("come by awaiting too", async () => {
    await subject().hasFile("/app");
  });
});
