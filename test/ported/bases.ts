import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Base, build, Image } from "layerwright";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "layerwright-ported");
const NODE = { npm: "10.9.9", runtime: "22.23.5" };
/** What the cases are built for: this machine. */
export const PLATFORM = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`;

/** Where the bases of the ported cases are kept between runs. */
export const PORTED_CACHE = CACHE;

const install = (packages: string) =>
  `apt-get update && apt-get install -y --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`;

/** The bases that the cases name in FROM, each made of Debian's packages on `debian:bookworm`. */
const BASES: Readonly<Record<string, (debian: Image) => Image | Promise<Image>>> = {
  "debian:bookworm": (debian) => debian,
  "node:22-bookworm": node,
  "node:22-onbuild": async (debian) => (await node(debian)).workdir("/usr/src/app"),
  "python:3.11-bookworm": (debian) =>
    debian.run(`${install("python3 python3-venv")} && ln -s python3 /usr/bin/python`).cmd(["python3"]),
  "golang:1.19-bookworm": (debian) => debian.run(install("golang-go ca-certificates")).workdir("/go"),
  "rust:1.63-bookworm": (debian) => debian.run(install("cargo")),
  "openjdk:17-bookworm": (debian) => debian.run(install("openjdk-17-jdk-headless")).cmd(["jshell"]),
  "openjdk:17-jre-bookworm": (debian) => debian.run(install("openjdk-17-jre-headless")),
  "ruby:3.1-bookworm": (debian) => debian.run(install("ruby bundler")).cmd(["irb"]),
};

/** What the old `onbuild` images of Node carried out in whatever starts from them. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  "node:22-onbuild": [
    "ARG NODE_ENV",
    "ENV NODE_ENV $NODE_ENV",
    "COPY package.json package-lock.json* /usr/src/app/",
    "RUN npm ci && rm -rf ~/.npm /tmp/node-compile-cache",
    "COPY . /usr/src/app",
  ],
};

/** Makes a base unless it is there, and gives the directory of its OCI layout. */
export async function portedBase(reference: string): Promise<string> {
  const recipe = BASES[reference];
  if (recipe === undefined) throw new Error(`no ported case has the base ${reference}`);
  const layout = join(CACHE, reference.replace(":", "-"));
  if (existsSync(layout)) return layout;
  const script = fileURLToPath(new URL("../../scripts/official-debian.mjs", import.meta.url));
  mkdirSync(CACHE, { recursive: true });
  execFileSync(process.execPath, [script, join(CACHE, "debian.tar")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const debian = Image.from(Base.rootfs("debian.tar", { config: { Cmd: ["bash"], Env: [PATH] } }));
  const partial = `${layout}.${process.pid}`;
  await build(await recipe(debian), {
    context: CACHE,
    store: join(CACHE, "store"),
    compression: "gzip:1",
    lock: false,
    platform: PLATFORM,
    reference,
    output: { type: "layout", dest: partial },
  });
  const triggers = TRIGGERS[reference];
  if (triggers !== undefined) addTriggers(partial, triggers);
  if (existsSync(layout)) rmSync(partial, { recursive: true });
  else renameSync(partial, layout);
  return layout;
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Node and npm of the npm registry, with the user and the trusted authorities that a build here needs. */
async function node(debian: Image): Promise<Image> {
  const folder = join(CACHE, "node");
  if (!existsSync(folder)) {
    const partial = `${folder}.${process.pid}`;
    for (const [name, tarball] of [
      ["runtime", `node-linux-${process.arch}@${NODE.runtime}`],
      ["npm", `npm@${NODE.npm}`],
    ] as const) {
      mkdirSync(join(partial, name), { recursive: true });
      const words = ["pack", "--silent", "--pack-destination", partial, tarball];
      const packed = execFileSync("npm", words, { encoding: "utf8" }).trim().split("\n").at(-1)!;
      execFileSync("tar", ["-xf", join(partial, packed), "-C", join(partial, name), "--strip-components=1"]);
    }
    writeFileSync(join(partial, "authorities.crt"), trusted());
    renameSync(partial, folder);
  }
  return debian
    .copy("node/runtime/bin/node", "/usr/local/bin/node", { mode: 0o755 })
    .copy("node/npm", "/usr/local/lib/node_modules/npm")
    .symlink("../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm")
    .symlink("../lib/node_modules/npm/bin/npx-cli.js", "/usr/local/bin/npx")
    .copy("node/authorities.crt", "/usr/local/share/authorities.crt")
    .run("groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node")
    .env({ NODE_VERSION: NODE.runtime, NODE_EXTRA_CA_CERTS: "/usr/local/share/authorities.crt" })
    .cmd(["node"]);
}

/** The authorities that npm trusts on this machine beside Node's own: a build behind a proxy needs them too. */
function trusted(): string {
  const said = execFileSync("npm", ["config", "get", "cafile"], { encoding: "utf8" }).trim();
  const file = said === "null" ? process.env["NODE_EXTRA_CA_CERTS"] : said;
  return file === undefined ? "" : readFileSync(file, "utf8");
}

/** Writes ONBUILD triggers into the config of the one image of a layout: a description has no word for them. */
function addTriggers(layout: string, triggers: readonly string[]): void {
  const path = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
  const replace = <Document>(digest: string, change: (document: Document) => Document) => {
    const bytes = Buffer.from(JSON.stringify(change(JSON.parse(readFileSync(path(digest), "utf8")))));
    const changed = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    writeFileSync(path(changed), bytes);
    return { digest: changed, size: bytes.length };
  };
  type Manifest = { config: { digest: string } };
  type Config = { config?: object };
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
    manifests: { digest: string }[];
  };
  const [descriptor] = index.manifests;
  const manifest = replace<Manifest>(descriptor!.digest, (before) => {
    const config = replace<Config>(before.config.digest, (document) => ({
      ...document,
      config: { ...document.config, OnBuild: triggers },
    }));
    return { ...before, config: { ...before.config, ...config } };
  });
  const changed = { ...index, manifests: [{ ...descriptor, ...manifest }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(changed));
}
