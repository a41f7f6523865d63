import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { EngineAddress, EngineTls } from "./engine-place.js";

/**
 * Reads the address of an engine as Docker writes it: `unix:///run/docker.sock`, `tcp://10.0.0.2:2375`.
 *
 * @param source what says so, for the message
 * @throws {EnvironmentError} ENGINE_HOST_UNSUPPORTED
 */
export function parseEngineHost(text: string, source: string, tls?: EngineTls): EngineAddress {
  const unix = /^unix:\/\/(.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { socket: unix };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "tcp:" || url.hostname === "") {
    // The rest of the address may hold a name and a password.
    const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "an address without a scheme";
    throw new EnvironmentError("ENGINE_HOST_UNSUPPORTED", { source, scheme }, { subject: source });
  }
  const port = url.port === "" ? (tls === undefined ? 2375 : 2376) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return tls === undefined ? { host, port } : { host, port, tls };
}

/** The certificates in a folder, as Docker names them; undefined where there is none. */
export function readEngineTls(folder: string, verify: boolean): EngineTls | undefined {
  const read = (name: string): Buffer | undefined => {
    try {
      return readFileSync(join(folder, name));
    } catch {
      return undefined;
    }
  };
  const [ca, cert, key] = [read("ca.pem"), read("cert.pem"), read("key.pem")];
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  return { verify, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
