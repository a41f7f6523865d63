// What the examples with run steps start from: a shell and a few tools of this machine, with their libraries.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Base, Image, type Recipe } from "layerwright";

const TOOLS = "sh cat chmod cp id ls mkdir mv rm sort tr wc".split(" ");
const SEARCHED = ["/usr/bin", "/bin"];

const folder = join(import.meta.dirname, "layerwright.out");
const tar = join(folder, "shell.tar");
if (!existsSync(tar)) packShell();

/** An image can be the base of others; this one is made of a root file system that a program has just packed. */
export const shell = Image.from(
  Base.rootfs(tar, { config: { Env: ["PATH=/usr/bin:/bin"], Cmd: ["/bin/sh"] } }),
).layer("system", (image) =>
  ["/dev", "/proc", "/sys", "/root", "/run"]
    .reduce((made, path) => made.mkdir(path), image)
    .mkdir("/tmp", { mode: 0o1777 })
    .write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/:/bin/sh\n")
    .write("/etc/group", "root:x:0:\napp:x:1000:\n")
    .with(emptyFiles("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")),
);

/** What builders put over their own files while a command runs, and would leave behind if it were not there. */
function emptyFiles(...paths: string[]): Recipe {
  return (image) => paths.reduce((made, path) => made.write(path, ""), image);
}

/** Packs the tools under the names that the machine knows them by, links followed, as root's. */
function packShell(): void {
  const programs = ["/bin/sh", ...TOOLS.map(find)];
  const files = [...new Set([...programs, ...programs.flatMap(librariesOf)])];
  mkdirSync(folder, { recursive: true });
  const tree = mkdtempSync(join(folder, "shell-"));
  execFileSync("cp", ["--dereference", "--parents", ...files, tree]);
  const owners = ["--owner=0", "--group=0", "--numeric-owner", "--mode=0755", "--mtime=@0"];
  const how = ["--create", "--sort=name", "--format=ustar", "--hard-dereference", ...owners];
  execFileSync("tar", [...how, `--file=${tree}.tar`, `--directory=${tree}`, "."]);
  rmSync(tree, { recursive: true });
  // Beside and then renamed: two builds at a time never see half of it.
  renameSync(`${tree}.tar`, tar);
}

function find(name: string): string {
  const found = SEARCHED.map((place) => join(place, name)).find(existsSync);
  if (found === undefined) throw new Error(`this machine has no ${name} in ${SEARCHED.join(" or ")}`);
  return found;
}

/** The shared libraries of a program and its interpreter, by the names they are loaded under. */
function librariesOf(program: string): string[] {
  const said = execFileSync("ldd", [realpathSync(program)], { encoding: "utf8" });
  return [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
}
