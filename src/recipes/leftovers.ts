/** What package managers leave behind that no later start of them needs: absolute paths, globs as a shell has them. */
export const leftovers = {
  apt: [
    "/var/lib/apt/lists/*",
    "/var/cache/apt/archives/*",
    "/var/cache/apt/pkgcache.bin",
    "/var/cache/apt/srcpkgcache.bin",
    "/var/cache/debconf/*-old",
    "/var/cache/ldconfig/aux-cache",
    "/var/lib/dpkg/*-old",
    "/var/log/apt",
    "/var/log/alternatives.log",
    "/var/log/dpkg.log",
  ],
  apk: ["/var/cache/apk/*", "/var/log/apk.log"],
  dnf: ["/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/yum", "/var/log/dnf*", "/var/log/hawkey.log"],
  yum: ["/var/cache/yum", "/var/cache/dnf", "/var/log/yum.log"],
} as const;

/** The shell command that removes what a package manager left; succeeds when there is nothing. */
export function removeLeftovers(manager: keyof typeof leftovers): string {
  return `rm -rf ${leftovers[manager].join(" ")}`;
}
