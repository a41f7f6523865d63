import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { debian, Image } from "layerwright";
import { CLEANED } from "./cleaned-at-once.mjs";

const OMITTED = ["doc", "man", "info", "locale", "lintian"].map(
  (name) => `path-exclude=/usr/share/${name}/*`,
);

/** What an expert does by hand: the same tool, its tar checked in beside the Dockerfile. */
function prepare(folder, { mirror }) {
  const dpkg = [...OMITTED, "path-include=/usr/share/doc/*/copyright"].map((option) => `--dpkgopt=${option}`);
  const packages = ["--include=nginx", '--aptopt=APT::Install-Recommends "false"'];
  const args = ["--quiet", "--variant=essential", ...packages, ...dpkg];
  execFileSync(
    "mmdebstrap",
    [...args, "bookworm", join(folder, "rootfs.tar"), `deb ${mirror} bookworm main`],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
}

export const hostTools = {
  id: "e",
  title: "nginx from scratch, with tools of the host",
  prepare,
  naive: CLEANED,
  best: `FROM scratch
ADD rootfs.tar /
CMD ["nginx", "-g", "daemon off;"]
`,
  ours: (_base, { mirror }) =>
    Image.scratch()
      .with(
        debian.bootstrap({ suite: "bookworm", packages: ["nginx"], mirror: `deb ${mirror} bookworm main` }),
      )
      .cmd(["nginx", "-g", "daemon off;"]),
  why: "The host's mmdebstrap fills the image, so no package manager is ever in it: neither apt nor what apt needs. In the Dockerfile the same layer is a tar beside it. The best by hand runs the same tool itself.",
};
