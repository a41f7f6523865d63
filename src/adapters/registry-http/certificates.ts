import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import * as tls from "node:tls";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { TlsTrust } from "./http/message.js";
import type { RegistrySettings } from "./settings.js";
import { registryOf } from "./settings.js";

/** The places where Docker and podman look for a registry's certificates: a directory named by its host and port. */
function folders(): readonly string[] {
  const config = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return [join(config, "containers/certs.d"), "/etc/containers/certs.d", "/etc/docker/certs.d"];
}

/** The files in which systems keep the authorities that they trust; the first that is there counts, as in Go. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/etc/ssl/cert.pem",
];

/**
 * The certificates that are trusted for a server beside what Node trusts: the authorities of the system (those of
 * `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set), and the files of its settings, else those of `certs.d`
 * (`*.crt` are authorities, `*.cert` and `*.key` are the client's own).
 *
 * @param bundles instead of the usual places, for tests
 * @throws {EnvironmentError} REGISTRY_SETTINGS_INVALID when a file that was named cannot be read
 */
export function trustIn(
  settings: Readonly<Record<string, RegistrySettings>>,
  env: Readonly<Record<string, string | undefined>> = process.env,
  bundles: readonly string[] = BUNDLES,
): (host: string) => TlsTrust | undefined {
  const known = new Map<string, TlsTrust | undefined>();
  let ofSystem: readonly string[] | undefined;
  return (host) => {
    if (!known.has(host)) {
      const own =
        fromSettings(settings[registryOf(host)]) ?? fromFolders(registryOf(host)) ?? fromFolders(host);
      ofSystem ??= systemAuthorities(env, bundles);
      known.set(host, withAuthorities(own, ofSystem));
    }
    return known.get(host);
  };
}

/** The certificates of NODE_EXTRA_CA_CERTS, said again wherever a list of our own is given: Node forgets them there. */
function withAuthorities(own: TlsTrust | undefined, ofSystem: readonly string[]): TlsTrust | undefined {
  if (own?.ca === undefined && ofSystem.length === 0) return own;
  return { ...own, ca: [...(own?.ca ?? []), ...ofSystem, ...extra()] };
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

/**
 * The authorities of the system that Node does not know: usually none, or the one of a company. A file of
 * `SSL_CERT_FILE` that is not there counts as empty, since without it less is trusted, not more.
 */
function systemAuthorities(
  env: Readonly<Record<string, string | undefined>>,
  bundles: readonly string[],
): readonly string[] {
  const named = env["SSL_CERT_FILE"];
  const ofSystem = named ? tryRead(named) : `${firstOf(bundles)}\n${ofKeychain().join("\n")}`;
  const texts = [ofSystem, ...inDirectories(env["SSL_CERT_DIR"])];
  const known = new Set(tls.rootCertificates.map(bare));
  const found = new Map<string, string>();
  for (const text of texts) {
    // What OpenSSL calls trusted has rules after the certificate, which nothing here reads.
    for (const [pem] of text.matchAll(CERTIFICATE)) {
      if (!pem.includes("TRUSTED") && !known.has(bare(pem))) found.set(bare(pem), pem);
    }
  }
  return [...found.values()];
}

/** The certificates that macOS and Windows keep in no file; Node reads them from 22.15 on. */
function ofKeychain(): readonly string[] {
  if (process.platform !== "darwin" && process.platform !== "win32") return [];
  const { getCACertificates } = tls as { getCACertificates?: (kind: "system") => readonly string[] };
  return getCACertificates?.("system") ?? [];
}

function firstOf(paths: readonly string[]): string {
  for (const path of paths) {
    const text = tryRead(path);
    if (text !== "") return text;
  }
  return "";
}

/** The files of directories, which are separated as in PATH; only where they are named. */
function inDirectories(list: string | undefined): string[] {
  return (list ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .flatMap((directory) => {
      try {
        return readdirSync(directory)
          .sort()
          .map((name) => tryRead(join(directory, name)));
      } catch {
        return [];
      }
    });
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function bare(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s+/g, "");
}

function fromSettings(settings: RegistrySettings | undefined): TlsTrust | undefined {
  const { ca, cert, key } = settings ?? {};
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca: [read(ca)] }),
    ...(cert === undefined ? {} : { cert: read(cert) }),
    ...(key === undefined ? {} : { key: read(key) }),
  };
}

/** Authorities that Node was told of; it forgets them where a list of its own is given. */
function extra(): readonly string[] {
  const path = process.env["NODE_EXTRA_CA_CERTS"];
  return path ? [read(path)] : [];
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = `it cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new EnvironmentError("REGISTRY_SETTINGS_INVALID", { path, reason }, { subject: path });
  }
}

function fromFolders(host: string): TlsTrust | undefined {
  for (const folder of folders()) {
    let names: readonly string[];
    try {
      names = readdirSync(join(folder, host)).sort();
    } catch {
      continue;
    }
    const of = (end: string) =>
      names.filter((name) => name.endsWith(end)).map((name) => join(folder, host, name));
    const [ca, cert, key] = [of(".crt"), of(".cert")[0], of(".key")[0]];
    if (ca.length === 0 && cert === undefined) continue;
    return {
      ...(ca.length === 0 ? {} : { ca: ca.map(read) }),
      ...(cert === undefined ? {} : { cert: read(cert) }),
      ...(key === undefined ? {} : { key: read(key) }),
    };
  }
  return undefined;
}
