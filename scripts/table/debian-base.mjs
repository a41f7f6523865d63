// The base of every row: Debian bookworm from the archive that this machine's own package sources name.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { say } from "./say.mjs";
import { weigh } from "./sizes.mjs";

/** What the Dockerfiles of the table say in FROM. */
export const REFERENCE = "debian:bookworm";
const SUITE = "bookworm";

/** The first Debian archive among the machine's package sources. */
export function machineMirror() {
  const format = ["--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"];
  const lines = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" }).split("\n");
  const found = lines.find((line) => line.endsWith(" main") && !line.includes("security"));
  if (found === undefined)
    throw new Error("no Debian archive among this machine's package sources: pass one with --mirror");
  return found.split(" ")[0].replace(/\/$/, "");
}

/** Makes the base once, as an OCI layout that both our builds and BuildKit take. */
export async function debianBase(work, mirror, { Base, build, Image }) {
  const layout = join(work, "base");
  if (!existsSync(layout)) {
    const tar = join(work, "base.tar");
    say(`making ${SUITE}`);
    mkdirSync(work, { recursive: true });
    const source = `deb ${mirror} ${SUITE} main`;
    execFileSync("mmdebstrap", ["--quiet", "--variant=minbase", SUITE, tar, source], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const partial = `${layout}.partial`;
    rmSync(partial, { recursive: true, force: true });
    await build(Image.from(Base.rootfs(tar)).cmd(["bash"]), {
      output: { type: "layout", dest: partial },
      reference: REFERENCE,
    });
    renameSync(partial, layout);
    rmSync(tar);
  }
  const base = Base.layout(layout, { tag: SUITE, reference: REFERENCE });
  const alone = join(work, "base-alone.tar");
  await build(Image.from(base), { output: { type: "oci", dest: alone } });
  const { unpacked } = await weigh([alone]);
  rmSync(alone);
  return { layout, base, size: unpacked };
}
