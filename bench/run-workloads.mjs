// The commands that are timed, and the base that they run on.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "./measure.mjs";
import { once } from "./workloads.mjs";

/** Shell commands by workload. None needs a network. */
export const commands = {
  "run-apt": ["apt-get install -y --no-install-recommends /debs/*.deb"],
  "run-files": [
    "mkdir /srv/many && cd /srv/many && for d in $(seq 200); do mkdir $d; for f in $(seq 100); do echo $d $f > $d/$f; done; done",
  ],
  "run-ten": Array.from(
    { length: 10 },
    (_, step) => `mkdir -p /opt/steps && echo ${step} > /opt/steps/${step}`,
  ),
};

/** Debian with the archives of nginx and all that it needs, as an OCI layout, from the machine's own package source. */
export async function prepareDebian(work, home) {
  return once(join(work, "debian"), async (folder) => {
    const tar = join(folder, "debian.tar");
    const hooks = [
      'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -y --download-only --no-install-recommends install nginx',
      'mkdir "$1/debs" && mv "$1"/var/cache/apt/archives/*.deb "$1/debs/"',
    ].map((hook) => `--customize-hook=${hook}`);
    const source = `deb ${machineMirror()} bookworm main`;
    await prepare("mmdebstrap", ["--quiet", "--variant=minbase", ...hooks, "bookworm", tar, source]);
    await prepare(process.execPath, [join(home, "images/debian.mjs")], {
      env: {
        LW_CONTEXT: folder,
        LW_OUTPUT: join(folder, "layout"),
        LAYERWRIGHT_CACHE: join(folder, "store"),
      },
    });
    rmSync(join(folder, "store"), { recursive: true });
    rmSync(tar);
  });
}

function machineMirror() {
  const format = ["--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"];
  const lines = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" }).split("\n");
  const found = lines.find((line) => line.endsWith(" main") && !line.includes("security"));
  if (found === undefined) throw new Error("no Debian archive among this machine's package sources");
  return found.split(" ")[0];
}
