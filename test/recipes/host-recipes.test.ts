import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { debian, fedora } from "../../src/recipes/bases.js";

const commandOf = (image: Image) => {
  const [step] = image.node.steps;
  const inner = step?.kind === "layer" ? step.steps[0] : step;
  return inner?.kind === "hostRun" ? inner : undefined;
};

describe("debian.bootstrap", () => {
  it("runs mmdebstrap with the packages, and leaves documentation out", () => {
    const step = commandOf(
      Image.scratch().with(debian.bootstrap({ suite: "bookworm", packages: ["nginx-light", "curl=7.88.1"] })),
    );
    expect(step?.command).toEqual(
      expect.arrayContaining([
        "mmdebstrap",
        "--variant=essential",
        "--include=nginx-light,curl=7.88.1",
        "bookworm",
      ]),
    );
    expect(step?.command).toContain("--dpkgopt=path-exclude=/usr/share/man/*");
    expect(step?.command).toContain("--dpkgopt=path-include=/usr/share/doc/*/copyright");
  });

  it("keeps documentation when told, takes variant, mirror and key", () => {
    const made = debian.bootstrap({
      suite: "trixie",
      variant: "apt",
      mirror: "http://mirror.example.com/debian",
      keepDocs: true,
      key: "2026-11-24",
    });
    const step = commandOf(Image.scratch().with(made));
    expect(step?.command).toEqual([
      "mmdebstrap",
      "--variant=apt",
      '--aptopt=APT::Install-Recommends "false"',
      "trixie",
      "{root}",
      "http://mirror.example.com/debian",
    ]);
    expect(step?.key).toBe("2026-11-24");
  });

  it.each([
    [{ suite: "Bookworm; rm" }, "ARGUMENT_INVALID"],
    [{ suite: "bookworm", packages: ["a,b"] }, "PACKAGE_INVALID"],
    [{ suite: "bookworm", variant: "--x" }, "ARGUMENT_INVALID"],
    [{ suite: "bookworm", mirror: "--mode=root" }, "ARGUMENT_INVALID"],
    [{ suite: "bookworm", nope: 1 }, "OPTION_UNKNOWN"],
  ])("refuses %j", (options, code) => {
    expect(() => debian.bootstrap(options as never)).toThrow(expect.objectContaining({ code }));
  });
});

describe("fedora.installroot", () => {
  it("runs dnf with the packages and repositories, and removes what dnf leaves", () => {
    const made = fedora.installroot({
      releasever: 41,
      packages: ["nginx-core"],
      repos: {
        base: "http://m.example.com/f41-base",
        signed: { address: "https://m.example.com/signed", gpgKey: "https://m.example.com/key.asc" },
        own: { address: "file:///srv/rpm", unsigned: true },
      },
    });
    const step = commandOf(Image.scratch().with(made));
    expect(step?.tools).toEqual(["dnf"]);
    expect(step?.command).toEqual(
      expect.arrayContaining([
        "--installroot={root}",
        "--releasever=41",
        "--setopt=tsflags=nodocs",
        "--repofrompath=base,http://m.example.com/f41-base",
        "--repo=base",
        "--repofrompath=signed,https://m.example.com/signed",
        "--setopt=signed.gpgkey=https://m.example.com/key.asc",
        "--repofrompath=own,file:///srv/rpm",
        "--setopt=own.gpgcheck=0",
        "nginx-core",
      ]),
    );
    expect(JSON.stringify(step?.command)).toContain('rm -rf \\"$ROOT\\"/var/cache/dnf');
  });

  it("uses the machine's repositories unless told, keeps documentation when told, takes a key", () => {
    const made = fedora.installroot({ releasever: "41", packages: ["bash"], keepDocs: true, key: "k" });
    const step = commandOf(Image.scratch().with(made));
    expect(step?.command).toContain("--setopt=reposdir=/etc/yum.repos.d");
    expect(step?.command).not.toContain("--setopt=tsflags=nodocs");
    expect(step?.key).toBe("k");
  });

  it.each([
    [{ releasever: "4 1", packages: ["a"] }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: [] }, "PACKAGES_MISSING"],
    [{ releasever: 41, packages: ["--nogpgcheck"] }, "PACKAGE_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { "a b": "x" } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: "-x" } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: "x,y" } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: {} } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: { address: "x", gpgKey: "k v" } } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: { address: "x", unsigned: 1 } } }, "ARGUMENT_INVALID"],
    [{ releasever: 41, packages: ["a"], repos: { a: { address: "x", key: "k" } } }, "OPTION_UNKNOWN"],
  ])("refuses %j", (options, code) => {
    expect(() => fedora.installroot(options as never)).toThrow(expect.objectContaining({ code }));
  });
});
