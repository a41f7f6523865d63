import type { ManagerName } from "../../recipes/leftovers.js";
import type { ShellWord } from "./shell-commands.js";

/** A family of programs that share what they download. */
interface Family {
  readonly programs: RegExp;
  /** Verbs, or whole commands, that read no cache. */
  readonly idle: RegExp;
  /** Commands that run nothing but this manager, beside those that install. */
  readonly harmless?: RegExp | "always";
}

/** Programs that share what they download. */
export const FAMILIES: Readonly<Record<string, Family>> = {
  apt: {
    programs:
      /^(apt|apt-get|aptitude|apt-cache|apt-file|apt-mark|apt-key|apt-config|add-apt-repository|apt-add-repository|tasksel|dselect|gdebi)$/,
    idle: /^(remove|purge|autoremove|auto-remove|autopurge|clean|autoclean|auto-clean)$|^(\S*\/)?apt-(mark|key|config)\b/,
    harmless: "always",
  },
  apk: {
    programs: /^apk$/,
    idle: /^(del|info|audit)$|\s--no-cache\b|\bcache\s+(clean|purge)\b/,
    harmless: "always",
  },
  rpm: {
    programs: /^(dnf|dnf5|dnf-3|microdnf|yum|tdnf)$/,
    idle: /^(remove|erase|autoremove|clean|config-manager|mark)$|\bhistory\s+(list|info)\b/,
    harmless: "always",
  },
  zypper: {
    programs: /^zypper$/,
    idle: /^(remove|rm|clean|cc|addrepo|ar|removerepo|rr|modifyrepo|mr|repos|lr)$/,
    harmless: "always",
  },
  pip: {
    programs: /^(pip[\d.]*|pipx|poetry|pipenv)$/,
    idle: /^(uninstall|list|show|freeze|check|config|debug)$|\s--no-cache-dir\b|\bcache\s+(dir|purge)\b/,
    harmless: /^(\S*\/)?(poetry|pipenv)\s+(install|sync|lock)\b|^(\S*\/)?pipx\s+(install|ensurepath)\b/,
  },
  uv: { programs: /^uvx?$/, idle: /^(cache|self|venv)$|\s(--no-cache|-n)\b/ },
  npm: {
    programs: /^(npm|npx)$/,
    idle: /^(cache|config|set|pkg|ls|list|prune|uninstall|remove|rm|version|whoami)$/,
  },
  pnpm: { programs: /^pnpx?$/, idle: /^(config|store|ls|list|root|bin)$/ },
  yarn: { programs: /^yarn(pkg)?$/, idle: /^(cache|config|set|versions)$/ },
  gem: {
    programs: /^(gem|bundle|bundler)$/,
    idle: /^(uninstall|list|cleanup|env|environment|config|sources)$/,
    harmless: /^(\S*\/)?bundler?\s+(install|update|lock|clean)\b/,
  },
  composer: { programs: /^composer(\.phar)?$/, idle: /^(config|show|clear-?cache|cc|validate)$/ },
  go: {
    programs: /^go$/,
    idle: /^(version|env|clean|fmt|telemetry)$/,
    harmless: /^(\S*\/)?go\s+(build|install|get|list|vet|mod|work)\b/,
  },
  cargo: {
    programs: /^cargo$/,
    idle: /^(clean|fmt|version)$/,
    harmless: /^(\S*\/)?cargo\s+(build|b|check|install|fetch|vendor|chef)\b/,
  },
};

/** The family of each manager. */
export const SAME: Readonly<Record<ManagerName, string>> = {
  apt: "apt",
  apk: "apk",
  dnf: "rpm",
  microdnf: "rpm",
  yum: "rpm",
  zypper: "zypper",
  pip: "pip",
  uv: "uv",
  npm: "npm",
  pnpm: "pnpm",
  yarn: "yarn",
  gem: "gem",
  composer: "composer",
  go: "go",
  cargo: "cargo",
};

const NODE = new Set(["npm", "pnpm", "yarn"]);
const PYTHON = new Set(["pip", "uv"]);

/** The kind of packages that a program manages: the system's, or a language's. Undefined for other programs. */
export function kindOf(program: string): string | undefined {
  if (/^(dpkg|update-|ldconfig$|rpm$)/.test(program)) return "system";
  if (program.startsWith("python")) return "python";
  const [family] = Object.entries(FAMILIES).find(([, { programs }]) => programs.test(program)) ?? [];
  if (family === undefined) return undefined;
  if (NODE.has(family)) return "node";
  if (PYTHON.has(family)) return "python";
  return /^(apt|apk|rpm|zypper)$/.test(family) ? "system" : family;
}

/** Programs that look at no file. */
const WRITERS: ReadonlySet<string> = new Set(
  ": echo exit export false printf pwd readonly return set shift true ulimit umask unset wait".split(" "),
);

/** Programs that put whole directories elsewhere. */
export const COPIERS: ReadonlySet<string> = new Set(["cp", "cpio", "mv", "rsync", "tar", "zip"]);

/** Programs that read only the files named in their arguments, and start no other program. */
const KNOWN: ReadonlySet<string> = new Set([
  ...WRITERS,
  ...COPIERS,
  ...[
    "[ chgrp chmod chown mkdir rm rmdir test touch trap unlink",
    "a2disconf a2dismod a2dissite a2enconf a2enmod a2ensite addgroup adduser ar arch as awk base64 basename bunzip2",
    "bzip2 c++ cat cc cd chage chpasswd chsh cksum clang clang++ cmp comm crontab curl cut date dd delgroup deluser df",
    "diff dirname dpkg dpkg-deb dpkg-divert dpkg-query dpkg-reconfigure dpkg-statoverride du egrep env envsubst expr",
    "fallocate fc-cache fgrep file g++ gcc getconf getent gpg gpg2 gpgconf gpasswd grep groupadd groupdel groupmod",
    "gunzip gzip hash head hexdump hostname iconv id install jq ld ldconfig ldd less let link ln local locale",
    "locale-gen localedef ls md5sum mkfifo mknod mktemp more newgrp nl nproc objcopy od openssl paste passwd",
    "patch phpdismod phpenmod pkill printenv ps pwck readelf readlink realpath rpm sed seq setcap setfacl sha1sum",
    "sha224sum sha256sum sha384sum sha512sum sleep sort split ssh-keygen ssh-keyscan stat strip sum sync sysctl systemctl",
    "tac tail tee tr truncate tty type uname uniq unxz unzip update-alternatives update-ca-certificates update-ca-trust",
    "update-locale update-rc.d useradd userdel usermod wc wget which whoami xz xzcat yes yq zcat zstd",
  ].flatMap((line) => line.split(" ")),
  "git",
]);

/** True for a program that reads only the files named in its arguments, and starts no other program. */
export function isKnownProgram(name: string): boolean {
  return KNOWN.has(name);
}

/** True where the arguments of a program that is known have it start another one. */
export function startsPrograms(name: string, args: readonly ShellWord[]): boolean {
  const some = (pattern: RegExp): boolean => args.some(({ text }) => pattern.test(text));
  switch (name) {
    case "awk":
      return some(/\bsystem\s*\(|\||\bgetline\b|^-f|^--file/);
    case "sed":
      return (
        some(/(^|[;{\n\d$!/}])\s*e(\s|$)/) ||
        some(/^s(\W)(?:(?!\1).)*\1(?:(?!\1).)*\1[gIiMm\d]*e/) ||
        some(/^(-[nrEsz]*f|--file)/)
      );
    case "tar":
      return some(/^--(to-command|checkpoint-action|info-script|new-volume-script)|^-\w*F$/);
    case "git":
      return some(/^(foreach|bisect|rebase|filter-branch|difftool|mergetool)$|^(alias|core)\.\w+=/);
    default:
      return false;
  }
}

/** True for a program that does the same where the files that it names are missing. */
export function needsNothing(name: string, args: readonly ShellWord[]): boolean {
  const options = args.map(({ text }) => text).filter((text) => text.startsWith("-"));
  if (name === "rm") return options.some((text) => /^-\w*f|^--force$/.test(text));
  if (name === "mkdir") return options.some((text) => /^-\w*p|^--parents$/.test(text));
  return WRITERS.has(name);
}
