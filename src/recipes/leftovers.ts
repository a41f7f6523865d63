/** The files that one package manager leaves behind and no later start of it needs. */
export interface Leftovers {
  /** The manager's own command that empties its cache; it runs before anything is removed. */
  readonly clear?: string;
  /** The downloads: archives, lists, indexes. */
  readonly cache: readonly string[];
  /** Those of them that a command of its own fetches for later ones. */
  readonly lists?: readonly string[];
  /** The downloads in places where no recipe mounts a cache. */
  readonly beside?: readonly string[];
  /** Backups and caches of tools that the installation started. */
  readonly rest?: readonly string[];
  readonly logs?: readonly string[];
  /** The directories that a recipe mounts a cache at. */
  readonly mounts: readonly string[];
  /** Other directories at which a cache mount holds what was downloaded. */
  readonly mountedAt?: RegExp;
}

const HOME = "${HOME:-/root}";
const CARGO = `\${CARGO_HOME:-${HOME}/.cargo}`;
const LINKER = "/var/cache/ldconfig/aux-cache";
const DNF_LOGS = ["/var/log/dnf*", "/var/log/hawkey.log"];
const COMPILE_CACHE = "/tmp/node-compile-cache";

/** Yarn 1 clears its one cache; later ones run programs straight from it, unless they link node_modules. */
const CLEAR_YARN =
  'if [ "$(yarn config get nodeLinker 2>/dev/null)" != pnp ]; then yarn cache clean --all >/dev/null; fi';

/**
 * The leftovers of package managers, in the one place that recipes and passes share. Entries are shell words:
 * absolute paths with globs, or in double quotes what only the image knows.
 *
 * Sources: each manager's own manual; hadolint DL3009, DL3019, DL3032, DL3036, DL3040, DL3042, DL3060.
 */
export const leftovers = {
  apt: {
    cache: [
      "/var/lib/apt/lists/*",
      "/var/cache/apt/archives/*",
      "/var/cache/apt/pkgcache.bin",
      "/var/cache/apt/srcpkgcache.bin",
    ],
    lists: ["/var/lib/apt/lists/*"],
    rest: ["/var/cache/debconf/*-old", LINKER, "/var/lib/dpkg/*-old"],
    logs: ["/var/log/apt", "/var/log/alternatives.log", "/var/log/dpkg.log"],
    mounts: ["/var/cache/apt", "/var/lib/apt/lists"],
  },
  apk: {
    cache: ["/var/cache/apk/*"],
    logs: ["/var/log/apk.log"],
    mounts: ["/var/cache/apk"],
    mountedAt: /^\/etc\/apk\/cache$/,
  },
  dnf: {
    clear: "dnf clean all",
    cache: ["/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum"],
    rest: [LINKER],
    logs: DNF_LOGS,
    mounts: ["/var/cache/dnf", "/var/cache/libdnf5"],
  },
  microdnf: {
    clear: "microdnf clean all",
    cache: ["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"],
    rest: [LINKER],
    logs: DNF_LOGS,
    mounts: ["/var/cache/yum", "/var/cache/dnf"],
  },
  yum: {
    clear: "yum clean all",
    cache: ["/var/cache/yum", "/var/cache/dnf"],
    rest: [LINKER],
    logs: ["/var/log/yum.log", ...DNF_LOGS],
    mounts: ["/var/cache/yum", "/var/cache/dnf"],
  },
  zypper: {
    clear: "zypper --non-interactive clean --all",
    cache: ["/var/cache/zypp/*"],
    rest: [LINKER],
    logs: ["/var/log/zypper.log", "/var/log/zypp"],
    mounts: ["/var/cache/zypp"],
  },
  pip: {
    cache: [`"${HOME}/.cache/pip"`],
    mounts: ["/root/.cache/pip"],
    mountedAt: /\/\.cache(\/pip)?$/,
  },
  uv: {
    cache: ['"$(uv cache dir)"'],
    mounts: ["/root/.cache/uv"],
    mountedAt: /\/\.cache(\/uv)?$/,
  },
  npm: {
    cache: ['"$(npm config get cache)"', COMPILE_CACHE],
    mounts: ["/root/.npm"],
    mountedAt: /\/\.npm$/,
  },
  pnpm: {
    cache: ['"$(pnpm store path)"', `"\${XDG_CACHE_HOME:-${HOME}/.cache}/pnpm"`, COMPILE_CACHE],
    rest: [`"\${XDG_STATE_HOME:-${HOME}/.local/state}/pnpm"`],
    mounts: ["/root/.local/share/pnpm/store", "/root/.cache/pnpm"],
    mountedAt: /\/(pnpm\/store|\.pnpm-store)$/,
  },
  yarn: {
    clear: CLEAR_YARN,
    cache: [`"${HOME}/.yarn/berry/metadata"`, "/tmp/v8-compile-cache-*", COMPILE_CACHE],
    mounts: ["/root/.cache/yarn"],
    mountedAt: /\/(\.?yarn|\.yarn\/(berry\/)?cache|\.cache)$/,
  },
  gem: {
    cache: ["gem", "local/share/gem", "cache/gem"].map((folder) => `"${HOME}/.${folder}/specs"`),
    beside: ['"$(gem env gemdir)"/cache/*.gem'],
    logs: ["gem_make.out", "mkmf.log"].map((file) => `"$(gem env gemdir)"/extensions/*/*/*/${file}`),
    mounts: ["/root/.cache/gem/specs"],
  },
  composer: {
    clear: "composer clear-cache --no-interaction --quiet",
    cache: [],
    mounts: ["/root/.cache/composer"],
    mountedAt: /\/(\.?composer\/cache|\.cache|\.cache\/composer)$/,
  },
  go: {
    clear: "go clean -cache -modcache",
    cache: [],
    rest: [`"${HOME}/.config/go/telemetry"`],
    mounts: ["/root/.cache/go-build", "/go/pkg/mod"],
    mountedAt: /\/(go|go-build|mod)(\/|$)/,
  },
  cargo: {
    cache: [`"${CARGO}/registry"`, `"${CARGO}/git"`],
    mounts: ["/root/.cache/cargo"],
    mountedAt: /\/\.?cargo(\/(registry|git))?$/,
  },
} as const satisfies Record<string, Leftovers>;

/** A package manager whose leftovers are known. */
export type ManagerName = keyof typeof leftovers;

/**
 * The files of Debian packages that are read by people only, as dpkg's patterns. Copyright files stay: most licenses
 * ask for them.
 */
export const debianDocumentation = {
  exclude: ["doc", "gtk-doc", "info", "lintian", "man"].map((folder) => `/usr/share/${folder}/*`),
  include: ["/usr/share/doc/*/copyright"],
} as const;

/** The exceptions of a clean-up. */
interface CleanUpChoice {
  readonly keepCache?: boolean;
  readonly keepLogs?: boolean;
  /** True when a lower layer holds the lists, so that removing them would only hide them. */
  readonly keepLists?: boolean;
  /** The places where caches are mounted while the command runs: what lies there is not in the layer, and stays. */
  readonly mounted?: readonly string[];
}

/**
 * The shell command that removes what a package manager left, nothing that an installed package owns; it succeeds
 * when there is nothing to remove. Empty when nothing is to be removed at all.
 */
export function cleanUp(manager: ManagerName, choice: CleanUpChoice = {}): string {
  const { clear, cache, lists = [], beside = [], rest = [], logs = [] }: Leftovers = leftovers[manager];
  const { keepCache = false, keepLogs = false, keepLists = false, mounted = [] } = choice;
  const stays = (word: string): boolean => keepLists && lists.includes(word);
  const removed = [
    ...(keepCache ? [] : cache.filter((word) => !(isMounted(manager, word, mounted) || stays(word)))),
    ...(keepCache ? [] : beside),
    ...rest,
    ...(keepLogs ? [] : logs),
  ];
  return [
    ...(clear === undefined || keepCache || holdsCache(manager, mounted) ? [] : [clear]),
    ...(removed.length === 0 ? [] : [`rm -rf ${removed.join(" ")}`]),
  ].join(" && ");
}

/** True when one of these cache mounts holds what the manager downloads. */
function holdsCache(manager: ManagerName, mounted: readonly string[]): boolean {
  const { mounts, mountedAt }: Leftovers = leftovers[manager];
  return mounted.some((target) => isOneOf(mounts, target) || mountedAt?.test(target) === true);
}

/** True when a leftover is inside of a mount, or a mount inside of it: then it cannot be removed either. */
function isMounted(manager: ManagerName, word: string, mounted: readonly string[]): boolean {
  if (!word.startsWith("/")) return holdsCache(manager, mounted);
  return mounted.some((target) => `${word}/`.startsWith(`${target}/`) || target.startsWith(`${word}/`));
}

/** True when a mount is one of the directories or holds one. */
function isOneOf(folders: readonly string[], target: string): boolean {
  return folders.some((folder) => `${folder}/`.startsWith(`${target}/`));
}
