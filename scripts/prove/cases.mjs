// What is proven: for each recipe an image, the usual command beside it, and what must not be in the layer.
import { execFileSync } from "node:child_process";
import { apt, dnf, npm, pip, pnpm, yarn } from "../../src/index.ts";

/** The port that repositories of our own are served on. */
export const PORT = 18574;
const served = `http://127.0.0.1:${PORT}`;
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

const REPOSITORY = `[served]\nname=served\nbaseurl=${served}\nenabled=1\ngpgcheck=0\n`;
const PIP = `[global]\nno-index = true\nfind-links = ${served}/\nbreak-system-packages = true\n`;
const PROJECT = '{"name":"project","version":"1.0.0","private":true,"dependencies":{"express":"4.21.2"}}\n';

/** Node as a base has it, with the registry of this machine and whom its TLS clients trust. */
function node(image) {
  const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim();
  const set = image.env("NPM_CONFIG_REGISTRY", registry).env("YARN_NPM_REGISTRY_SERVER", registry);
  const trusting =
    process.env.NODE_EXTRA_CA_CERTS === undefined ? set : set.env("NODE_EXTRA_CA_CERTS", CERTIFICATES);
  return trusting.env("YARN_REGISTRY", registry).workdir("/srv").write("package.json", PROJECT);
}

const withPnpm = (image) => node(image).with(npm.install("pnpm@10.15.0", { global: true }));
const withYarn = (version) => (image) => node(image).with(npm.install(version, { global: true }));
const later = (image) =>
  withYarn("@yarnpkg/cli-dist@4.9.4")(image).write(".yarnrc.yml", "nodeLinker: node-modules\n");
const locked = (prepare, command) => (image) => prepare(image).run(command, { keepLeftovers: true });

const APT_GONE = [
  /^var\/lib\/apt\/lists\/./,
  /^var\/cache\/apt\/./,
  /^var\/cache\/debconf\/.*-old$/,
  /^var\/cache\/ldconfig\/aux-cache$/,
  /^var\/lib\/dpkg\/.*-old$/,
  /^var\/log\/(apt\/.|dpkg|alternatives)/,
  /^usr\/share\/(man|info|gtk-doc|lintian)\/./,
  /^usr\/share\/doc\/.*\/(?!copyright$)[^/]+$/,
];
const RPM_GONE = [
  /^var\/cache\/(dnf|libdnf5|yum|ldconfig)\/./,
  /^var\/log\/(dnf|hawkey)/,
  /^usr\/share\/(doc|man)\/./,
];
const PYTHON_GONE = [/\.cache\/pip\/./, /\/pip\/.*\.pyc$/, /^usr\/lib\/python3\.11\/.*\.pyc$/, /^tmp\/./];
const NODE_GONE = [
  /^root\/\.npm\/./,
  /^root\/\.(cache|local|yarn)\/./,
  /^usr\/local\/share\/\.cache\/./,
  /^tmp\/./,
];

export const cases = [
  {
    name: "apt",
    what: "nginx on Debian bookworm",
    base: "debian",
    naive: "apt-get update && apt-get install -y nginx",
    ours: (options) => apt.install(["nginx"], options),
    gone: APT_GONE,
    there: [/^usr\/sbin\/nginx$/, /^usr\/share\/doc\/nginx\/copyright$/],
  },
  {
    name: "dnf",
    what: "a package of 1 MB with documentation and a weak dependency",
    base: "dnf",
    prepare: (image) => image.write("/etc/yum.repos.d/served.repo", REPOSITORY),
    naive: "dnf install -y layerwright-demo",
    ours: (options) => dnf.install(["layerwright-demo"], options),
    gone: RPM_GONE,
    there: [/^opt\/demo\/data$/],
    absent: [/^opt\/extra/],
  },
  {
    name: "pip",
    what: "a source package of eight modules",
    base: "python",
    prepare: (image) => image.write("/etc/pip.conf", PIP),
    naive: "pip install layerwright-demo",
    ours: (options) => pip.install("layerwright-demo", options),
    gone: PYTHON_GONE,
    there: [/layerwright_demo\/m1\.py$/, /layerwright_demo\/__pycache__\/m1.*\.pyc$/],
  },
  {
    name: "npm",
    what: "express 4 from a lock file",
    base: "node",
    prepare: locked(node, "npm install --package-lock-only && rm -rf /root/.npm"),
    naive: "npm ci",
    ours: (options) => npm.ci(options),
    gone: NODE_GONE,
    there: [/^srv\/node_modules\/express\/package\.json$/],
  },
  {
    name: "npm global",
    what: "typescript 5.9",
    base: "node",
    prepare: node,
    naive: "npm install --global typescript@5.9.2",
    ours: (options) => npm.install("typescript@5.9.2", { global: true, ...options }),
    gone: NODE_GONE,
    there: [/typescript\/package\.json$/],
  },
  {
    name: "pnpm",
    what: "express 4 from a lock file",
    base: "node",
    prepare: locked(withPnpm, "pnpm install --lockfile-only && rm -rf /root/.cache /root/.local"),
    naive: "pnpm install --frozen-lockfile",
    ours: (options) => pnpm.ci(options),
    gone: NODE_GONE,
    there: [/^srv\/node_modules\/\.pnpm\/express@.*\/express\/package\.json$/],
  },
  {
    name: "yarn 1",
    what: "express 4 from a lock file",
    base: "node",
    prepare: locked(withYarn("yarn@1.22.22"), "yarn install && rm -rf node_modules && yarn cache clean"),
    naive: "yarn install --frozen-lockfile",
    ours: (options) => yarn.ci(options),
    gone: NODE_GONE,
    there: [/^srv\/node_modules\/express\/package\.json$/],
  },
  {
    name: "yarn 4",
    what: "express 4 from a lock file",
    base: "node",
    prepare: locked(later, "yarn install && rm -rf node_modules /root/.yarn .yarn"),
    naive: "yarn install --immutable",
    ours: (options) => yarn.ci(options),
    gone: NODE_GONE,
    there: [/^srv\/node_modules\/express\/package\.json$/],
  },
];
