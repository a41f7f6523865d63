import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { registryOf } from "./endpoint.js";
import type { TlsTrust } from "./http/request.js";
import type { RegistrySettings } from "./settings.js";

/** Where Docker and podman look for a registry's certificates: a folder named by its host and port. */
function folders(): readonly string[] {
  const config = process.env["XDG_CONFIG_HOME"] || join(homedir(), ".config");
  return [join(config, "containers/certs.d"), "/etc/containers/certs.d", "/etc/docker/certs.d"];
}

/**
 * What is trusted for a server, beside what Node trusts: the files of its settings, else those of `certs.d` (`*.crt` are
 * authorities, `*.cert` and `*.key` are the client's own).
 *
 * @throws {EnvironmentError} REGISTRY_SETTINGS_INVALID when a file of the settings cannot be read
 */
export function trustIn(
  settings: Readonly<Record<string, RegistrySettings>>,
): (host: string) => TlsTrust | undefined {
  const known = new Map<string, TlsTrust | undefined>();
  return (host) => {
    if (!known.has(host)) {
      known.set(
        host,
        fromSettings(settings[registryOf(host)]) ?? fromFolders(registryOf(host)) ?? fromFolders(host),
      );
    }
    return known.get(host);
  };
}

function fromSettings(settings: RegistrySettings | undefined): TlsTrust | undefined {
  const { ca, cert, key } = settings ?? {};
  if (ca === undefined && cert === undefined) return undefined;
  return {
    ...(ca === undefined ? {} : { ca: [read(ca), ...extra()] }),
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
      ...(ca.length === 0 ? {} : { ca: [...ca.map(read), ...extra()] }),
      ...(cert === undefined ? {} : { cert: read(cert) }),
      ...(key === undefined ? {} : { key: read(key) }),
    };
  }
  return undefined;
}
