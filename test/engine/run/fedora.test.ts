import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findHostTools, hasProgram } from "../../../src/adapters/sandbox-runc/host-tools.js";
import { build } from "../../../src/api/build.js";
import { Image } from "../../../src/image/image.js";
import { fedora } from "../../../src/recipes/bases.js";
import { imageListing } from "../../peers/image-listing.js";

const missing = ["dnf", "rpmbuild", "createrepo_c"].filter((program) => !hasProgram(program));
const asRoot = findHostTools().tools?.root === true;
if (process.env["CI"] && missing.length > 0) throw new Error(`CI has no ${missing.join(", ")}`);

const SPEC = `
Name: demo
Version: 1.0
Release: 1
Summary: A file and its manual
License: Public Domain
BuildArch: noarch
%description
Demo.
%install
mkdir -p %{buildroot}/opt/demo %{buildroot}/usr/share/doc/demo
echo data > %{buildroot}/opt/demo/data
echo manual > %{buildroot}/usr/share/doc/demo/manual
%files
/opt/demo/data
%doc /usr/share/doc/demo/manual
`;

const work = mkdtempSync(join(tmpdir(), "layerwright-fedora-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.skipIf(!asRoot || missing.length > 0)(
  `fedora.installroot (needs root and dnf, rpmbuild, createrepo_c; missing: ${missing.join(", ") || "none"})`,
  () => {
    const repository = join(work, "a-repository");
    beforeAll(() => {
      mkdirSync(repository);
      writeFileSync(join(work, "demo.spec"), SPEC);
      const defines = [`_rpmdir ${repository}`, `_topdir ${join(work, "rpm")}`];
      const options = defines.flatMap((define) => ["--define", define]);
      execFileSync("rpmbuild", ["--quiet", "-bb", ...options, join(work, "demo.spec")], { stdio: "ignore" });
      execFileSync("createrepo_c", ["--quiet", repository]);
    });

    const files = async (name: string, options: { keepDocs?: boolean; unsigned?: boolean }) => {
      const { unsigned = true, ...rest } = options;
      const repos = { own: { address: `file://${repository}`, unsigned } };
      const image = Image.scratch().with(
        fedora.installroot({ releasever: 1, packages: ["demo"], repos, ...rest }),
      );
      const output = join(work, `${name}.tar`);
      await build(image, { context: work, store: join(work, "store"), output, compression: "none" });
      return [...imageListing(output).rootfs.keys()];
    };

    it("fills an image from nothing, with no manual, no cache and no package manager", async () => {
      const paths = await files("plain", {});
      expect(paths).toContain("opt/demo/data");
      expect(paths.filter((path) => /usr\/share\/doc|var\/cache\/.|var\/log\/.|bin\/dnf/.test(path))).toEqual(
        [],
      );
    });

    it("keeps manuals when told", async () => {
      expect(await files("docs", { keepDocs: true })).toContain("usr/share/doc/demo/manual");
    });

    it("takes no unsigned package unless told", async () => {
      // What the machine's own dnf demands decides, and every distribution's demands signatures.
      if (!existsSync("/etc/dnf/dnf.conf")) return;
      await expect(files("signed", { unsigned: false })).rejects.toMatchObject({ code: "RUN_FAILED" });
    });
  },
);
