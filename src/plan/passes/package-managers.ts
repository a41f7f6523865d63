import { removeLeftovers } from "../../recipes/leftovers.js";

/** A package manager: how its commands look, and what they leave behind that nobody needs. */
export interface PackageManager {
  readonly name: string;
  /** Matches a command that fetches or installs. */
  readonly installs: RegExp;
  /** Matches a command, in the same or a later step, that cleans up after it. */
  readonly cleans: RegExp;
  /** A shell command that removes the leftovers, safe to run when there are none. */
  readonly cleanup: string;
}

/**
 * Known package managers. `cleanup` removes caches, lists and logs, nothing that an installed package owns.
 *
 * Sources: each manager's own manual; hadolint DL3009, DL3019, DL3032, DL3036, DL3040, DL3042, DL3060.
 */
export const packageManagers: readonly PackageManager[] = [
  {
    name: "apt",
    installs: /\bapt(-get)?\s+(-\S+\s+)*(update|install|upgrade|dist-upgrade|full-upgrade)\b/,
    cleans: /\brm\s+[^;&|]*\/var\/lib\/apt\/lists/,
    cleanup: removeLeftovers("apt"),
  },
  {
    name: "apk",
    installs: /\bapk\s+(-\S+\s+)*(add|update|upgrade)\b(?![^;&|]*--no-cache)/,
    cleans: /\brm\s+[^;&|]*\/var\/cache\/apk|\bapk\s+cache\s+clean/,
    cleanup: removeLeftovers("apk"),
  },
  {
    name: "dnf",
    installs: /\b(micro)?dnf\s+(-\S+\s+)*(install|upgrade|update|makecache)\b/,
    cleans: /\b(micro)?dnf\s+(-\S+\s+)*clean\s+all/,
    cleanup: removeLeftovers("dnf"),
  },
  {
    name: "yum",
    installs: /\byum\s+(-\S+\s+)*(install|upgrade|update|makecache)\b/,
    cleans: /\byum\s+(-\S+\s+)*clean\s+all/,
    cleanup: removeLeftovers("yum"),
  },
  {
    name: "pip",
    installs: /\bpip3?\s+(-\S+\s+)*install\b(?![^;&|]*--no-cache-dir)/,
    cleans: /\bpip3?\s+cache\s+purge|\brm\s+[^;&|]*\.cache\/pip/,
    cleanup: 'rm -rf "${HOME:-/root}/.cache/pip"',
  },
  {
    name: "npm",
    installs: /\bnpm\s+(-\S+\s+)*(ci|i|install|add)\b/,
    cleans: /\bnpm\s+cache\s+clean|\brm\s+[^;&|]*\.npm\b/,
    cleanup: 'rm -rf "${HOME:-/root}/.npm"',
  },
  {
    name: "gem",
    installs: /\bgem\s+(-\S+\s+)*install\b/,
    cleans: /\brm\s+[^;&|]*\/cache\/\*?\.?gem/,
    cleanup: 'rm -rf "$(gem env gemdir)"/cache/*.gem',
  },
  {
    name: "go",
    installs: /\bgo\s+(build|install|get|mod\s+download)\b/,
    cleans: /\bgo\s+clean\b/,
    cleanup: "go clean -cache -modcache",
  },
];

/** The managers whose leftovers a command makes and does not remove itself. */
export function uncleanManagers(command: string): readonly PackageManager[] {
  return packageManagers.filter((manager) => manager.installs.test(command) && !manager.cleans.test(command));
}

/** The manager that a command does nothing but clean up after: `rm` of its caches, or its own clean command. */
export function cleansOnly(command: string): PackageManager | undefined {
  const single = command.trim();
  if (/[;&|\n`$<>]/.test(single)) return undefined;
  if (/^apt(-get)?\s+(-\S+\s+)*(clean|autoclean)$/.test(single)) return packageManagers[0];
  const manager = packageManagers.find((one) => one.cleans.test(single));
  if (manager === undefined) return undefined;
  return /^rm\s+-[rf]+\s/.test(single) ? onlyCaches(single, manager) : manager;
}

/** An `rm` moves only when every path of it is a cache: what else it removes may be needed in between. */
function onlyCaches(command: string, manager: PackageManager): PackageManager | undefined {
  const paths = command
    .split(/\s+/)
    .slice(1)
    .filter((word) => !word.startsWith("-"));
  return paths.every((path) =>
    /^\/var\/(cache|lib\/apt\/lists|log)(\/|$)|\/\.(npm|cache\/pip)(\/|$)/.test(path),
  )
    ? manager
    : undefined;
}
