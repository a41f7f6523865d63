import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, type BuildOptions, build, Catalog, Image, type ProgressEvent } from "layerwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandLine, Project } from "../cli/cli-support.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";

const missing = await whyNoSandbox();
const folder = mkdtempSync(join(tmpdir(), "layerwright-prefix-"));
beforeAll(() => void ensureBases());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const none = { network: "none" } as const;
const base = Image.from(Base.layout(join(BASES, "layout"), { tag: "v1" }));
/** A prefix that is another one each time that it runs. */
const prefix = base.run("cat /proc/sys/kernel/random/uuid > /stamp", none);

/** Takes the commands that ran, not those that were recalled. */
function watching(): { readonly ran: string[]; readonly progress: BuildOptions["progress"] & object } {
  const ran: string[] = [];
  const report = (event: ProgressEvent) => {
    // Of several images it says which.
    const label = "label" in event ? event.label.replace(/^\S+: (?=run )/, "") : "";
    if (event.kind === "finish" && event.cached !== true && label.startsWith("run ")) ran.push(label);
  };
  return { ran, progress: { report } };
}

describe.skipIf(missing !== undefined)("P9: a prefix is one thing", () => {
  const forks = {
    a: prefix.run("touch /a", none),
    b: prefix.run("touch /b", none),
    c: prefix.layer("files and a command", (image) => image.write("/c", "1").run("touch /d", none)),
  };

  it.each(["keep", "own"] as const)("runs once for two images of a catalog, squash %s", async (squash) => {
    const { a, b, c } = forks;
    const images = { a: a.squash(squash), b: b.squash(squash), c: c.squash(squash) };
    const catalog = new Catalog("acme", images, { platforms: ["linux/amd64"] });
    const store = join(folder, squash);
    const first = watching();
    const built = await build(catalog, { store, lock: false, progress: first.progress });
    expect(first.ran.filter((label) => label.includes("/stamp"))).toHaveLength(1);
    expect(first.ran).toHaveLength(4);
    if (squash === "keep") {
      const stamps = Object.values(built).map(([image]) => image!.layers.at(-2)!.diffId);
      expect(new Set(stamps).size).toBe(1);
    }
    const second = watching();
    const again = await build(catalog, { store, lock: false, progress: second.progress });
    expect(second.ran).toEqual([]);
    for (const name of ["a", "b", "c"] as const) expect(again[name][0]!.digest).toBe(built[name][0]!.digest);
  });

  it("runs once where all commands are to run again", async () => {
    const catalog = new Catalog("acme", forks, { platforms: ["linux/amd64"] });
    const store = join(folder, "again");
    for (const options of [{}, { cache: false }, { noCacheSteps: ["/stamp"] }]) {
      const { ran, progress } = watching();
      const built = await build(catalog, { store, lock: false, progress, ...options });
      expect(ran.filter((label) => label.includes("/stamp"))).toHaveLength(1);
      expect(ran).toHaveLength(4);
      expect(new Set(Object.values(built).map(([image]) => image!.layers.at(-2)!.diffId)).size).toBe(1);
    }
    const { ran, progress } = watching();
    await build(catalog, { store, lock: false, progress });
    expect(ran).toEqual([]);
  });

  it("runs once for builds that begin at the same time in one process", async () => {
    const store = join(folder, "four");
    const { ran, progress } = watching();
    const options = { store, lock: false, progress } as const;
    const image = forks.a;
    const results = await Promise.all([1, 2, 3, 4].map(() => build(image, options)));
    expect(ran.toSorted()).toEqual(["run cat /proc/sys/kernel/random/uuid > /stamp", "run touch /a"]);
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
  });
});

describe.skipIf(missing !== undefined)("what is joined is the layer, not the run", () => {
  const store = join(folder, "joined");
  const built = async (image: Image) => {
    const { ran, progress } = watching();
    const { layers } = await build(image, { store, lock: false, progress });
    return { ran, own: layers.filter(({ inherited }) => !inherited).length };
  };
  const three = (image: Image, second: string, text = "1") =>
    image
      .run("touch /first", none)
      .write("/between", text)
      .run(second, none)
      .run("rm /first && touch /third", none);

  it.each([
    ["a layer", (second: string, text?: string) => base.layer("joined", (it) => three(it, second, text))],
    ["a squash", (second: string, text?: string) => three(base, second, text).squash("own")],
    ["a squash with the base", (second: string, text?: string) => three(base, second, text).squash("all")],
  ])("a command of %s runs again alone, with those after it", async (what, image) => {
    const marked = (second: string, text?: string) => image(`: ${what}; ${second}`, text);
    const begun = await built(marked("touch /second"));
    expect(begun.own).toBe(1);
    expect(begun.ran).toContain(`run : ${what}; touch /second`);
    const changed = await built(marked("touch /other"));
    expect(changed.ran).toEqual([`run : ${what}; touch /other`, "run rm /first && touch /third"]);
    // A file between commands is an input of those after it alone.
    const edited = await built(marked("touch /other", "2"));
    expect(edited.ran).toEqual(changed.ran);
    expect((await built(marked("touch /other", "2"))).ran).toEqual([]);
  });
});

/** Each says `begins` and then waits until it is let go. */
const catalogText = `import { Base, Catalog, Image } from "layerwright";
const mounts = [{ type: "cache", target: "/sync" }];
const command = "echo begins; while ! [ -e /sync/go ]; do busybox sleep 0.02; done; cat /proc/sys/kernel/random/uuid > /stamp";
const prefix = Image.from(Base.layout(${JSON.stringify(join(BASES, "layout"))}, { tag: "v1" }))
  .run(command, { network: "none", mounts });
const fork = (name) => prefix.run("touch /" + name, { network: "none" });
export default new Catalog("acme", { a: fork("a"), b: fork("b") }, { platforms: ["linux/amd64"] });
`;

/** A build in a process of its own. */
class OwnProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  text = "";
  #onText: (() => void) | undefined;

  constructor(project: Project, args: readonly string[]) {
    const [node = "", ...words] = commandLine(args);
    this.child = spawn(node, words, { cwd: project.folder, env: project.env, stdio: "pipe" });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on("data", (data: Buffer) => {
        this.text += data;
        this.#onText?.();
      });
    this.ended = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** Waits until it printed something; fails when it ended without. */
  async prints(wanted: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#onText = () => this.text.includes(wanted) && resolve();
      this.#onText();
    });
    await Promise.race([seen, this.ended]);
    expect(this.text).toContain(wanted);
  }
}

/** Lets the commands of a project end, by the cache directory that they see. */
async function letGo(project: Project): Promise<void> {
  const caches = join(project.folder, ".store/caches");
  const names = await readdir(caches);
  expect(names).toHaveLength(1);
  await writeFile(join(caches, names[0]!, "files/go"), "");
}

describe.skipIf(missing !== undefined)("P9: across processes", { timeout: 300_000 }, () => {
  const projects: Project[] = [];
  const started: OwnProcess[] = [];
  const start = (project: Project, image: string) => {
    const own = new OwnProcess(project, ["build", image]);
    started.push(own);
    return own;
  };
  const newProject = () => {
    const project = new Project({ "catalog.ts": catalogText });
    projects.push(project);
    return project;
  };
  afterAll(async () => {
    // What waits when a test failed would wait for ever.
    for (const { child } of started) child.kill();
    await Promise.all(started.map(({ ended }) => ended));
    for (const project of projects) project.remove();
  });

  it("a second build waits for the command of the first, says so, and takes what it left", async () => {
    const project = newProject();
    const first = start(project, "a");
    await first.prints("| begins");
    const second = start(project, "b");
    await second.prints("(another build runs it)");
    await letGo(project);
    expect([await first.ended, await second.ended]).toEqual([0, 0]);
    expect(second.text).not.toContain("| begins");
    const next = await project.run(["build"]);
    expect(next.code).toBe(0);
    expect(next.stderr).not.toMatch(/done +run/);
  });

  it("the command of a build that was killed is run by who waits for it", async () => {
    const project = newProject();
    const first = start(project, "a");
    await first.prints("| begins");
    const second = start(project, "b");
    await second.prints("(another build runs it)");
    first.child.kill("SIGKILL");
    await second.prints("| begins");
    await letGo(project);
    expect(await second.ended).toBe(0);
  });
});
