// The base of every row: Debian bookworm from the archive that this machine's own package sources name.
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { officialDebian } from "../official-debian.mjs";
import { say } from "./say.mjs";
import { weigh } from "./sizes.mjs";

/** What the Dockerfiles of the table say in FROM. */
export const REFERENCE = "debian:bookworm";
const SUITE = "bookworm";

/** Makes the base once, as an OCI layout that both our builds and BuildKit take. */
export async function debianBase(work, mirror, { Base, build, Image }) {
  // By its kind: a base of an earlier version of this script is not taken for this one.
  const layout = join(work, "base-official");
  if (!existsSync(layout)) {
    say(`making ${SUITE}`);
    const tar = officialDebian(join(work, "official.tar"), { suite: SUITE, mirror });
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
