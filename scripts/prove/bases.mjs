// Makes the bases that package installations are proven on: Debian trees from the machine's own package source.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");

/** Where the bases stay between runs. */
export const PROVE = join(cache, "layerwright-prove");

/** The first Debian archive among the machine's own package sources. */
function mirror() {
  const format = ["--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"];
  const lines = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" }).split("\n");
  const found = lines.find((line) => line.endsWith(" main") && !line.includes("security"));
  if (found === undefined) throw new Error("no Debian archive among this machine's package sources");
  return found.split(" ")[0].replace(/\/$/, "");
}

const SPEC = `
Name: layerwright-demo
Version: 1.0
Release: 1
Summary: A package with documentation and a weak dependency
License: Public Domain
BuildArch: noarch
Recommends: layerwright-extra
%description
Demo.
%package -n layerwright-extra
Summary: What is only recommended
%description -n layerwright-extra
Extra.
%install
mkdir -p %{buildroot}/opt/demo %{buildroot}/usr/share/doc/demo %{buildroot}/usr/share/man/man1 %{buildroot}/opt/extra
head -c 1000000 /dev/zero > %{buildroot}/opt/demo/data
head -c 2000000 /dev/zero > %{buildroot}/usr/share/doc/demo/manual
head -c 100000 /dev/zero > %{buildroot}/usr/share/man/man1/demo.1
head -c 3000000 /dev/zero > %{buildroot}/opt/extra/data
%files
/opt/demo/data
%doc /usr/share/doc/demo/manual
/usr/share/man/man1/demo.1
%files -n layerwright-extra
/opt/extra/data
`;

const SETUP = `
from setuptools import setup
setup(name="layerwright-demo", version="1.0", packages=["layerwright_demo"])
`;

/** What each base is made of: packages, and a script that runs inside before it is packed. */
const BASES = {
  debian: { include: "ca-certificates", script: "true" },
  // The official Python images hold no bytecode either.
  python: {
    include: "python3-pip,python3-setuptools,python3-wheel,python3-setuptools-whl,python3-wheel-whl",
    script: [
      "mkdir -p /sources/layerwright_demo /served",
      "for n in 1 2 3 4 5 6 7 8; do python3 -c \"print('\\n'.join(f'def f{i}(): return {i}' for i in range(5000)))\" > /sources/layerwright_demo/m$n.py; done",
      "touch /sources/layerwright_demo/__init__.py",
      `printf '%s' '${SETUP}' > /sources/setup.py`,
      "cd /sources && python3 setup.py -q sdist -d /served && rm -rf /sources",
      "cp /usr/share/python-wheels/*.whl /served",
      "find / -xdev -name __pycache__ -prune -exec rm -rf {} +",
    ].join(" && "),
    served: true,
  },
  dnf: {
    include: "dnf,rpm,createrepo-c",
    script: [
      `printf '%s' '${SPEC}' > /demo.spec`,
      "rpmbuild --quiet -bb --define '_rpmdir /served' --define '_topdir /tmp/rpm' /demo.spec",
      "createrepo_c --quiet /served && rm -rf /demo.spec /tmp/rpm",
    ].join(" && "),
    served: true,
  },
  node: { include: "ca-certificates", script: "true", node: true },
};

/** Makes a base unless it is there, and gives its tar and the folder that its repository is served from. */
export function base(name) {
  const { include, script, served, node } = BASES[name];
  const tar = join(PROVE, `${name}.tar`);
  const folder = join(PROVE, `${name}-served`);
  if (existsSync(tar)) return { tar, served: folder };
  mkdirSync(PROVE, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "layerwright-base-"));
  try {
    writeFileSync(join(work, "script"), `set -e\n${script}\n`);
    const hooks = [
      `copy-in ${join(work, "script")} /`,
      'chroot "$1" sh /script',
      'rm "$1/script"',
      ...(served ? [`copy-out /served ${work}`, 'rm -rf "$1/served"'] : []),
      ...(node ? nodeHooks() : []),
    ];
    const args = ["--quiet", "--format=tar", "--variant=minbase", `--include=${include}`];
    execFileSync(
      "mmdebstrap",
      [
        ...args,
        ...hooks.map((hook) => `--customize-hook=${hook}`),
        "bookworm",
        `${tar}.partial`,
        `deb ${mirror()} bookworm main`,
      ],
      { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, TMPDIR: tmpdir() } },
    );
    if (served) cpSync(join(work, "served"), folder, { recursive: true });
    renameSync(`${tar}.partial`, tar);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { tar, served: folder };
}

/** The machine's own Node and npm, and whom its TLS clients trust. */
function nodeHooks() {
  const modules = execFileSync("npm", ["root", "--global"], { encoding: "utf8" }).trim();
  const hooks = [
    'mkdir -p "$1/usr/local/lib/node_modules"',
    `cp "${process.execPath}" "$1/usr/local/bin/node"`,
    `cp -r "${join(modules, "npm")}" "$1/usr/local/lib/node_modules/npm"`,
    'ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"',
  ];
  const trusted = process.env.NODE_EXTRA_CA_CERTS;
  return trusted === undefined ? hooks : [...hooks, `cp "${trusted}" "$1/etc/ssl/certs/ca-certificates.crt"`];
}
