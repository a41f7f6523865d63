import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { TestContext } from "vitest";
import { makeCertificates } from "./certificates.js";

/** The registry that distributions package (docker-registry 2.8): the reference that ours is compared with. */
export interface RealRegistry {
  /** `127.0.0.1:41234`. */
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  /** The authority to trust, where it serves HTTPS. */
  readonly caFile: string | undefined;
  stop(): Promise<void>;
}

export interface RealRegistryOptions {
  /** Asks for this name and password, by Basic authentication. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Serves HTTPS, with a certificate of an authority of its own. @default false */
  readonly tls?: boolean;
}

const PROGRAMS = ["docker-registry", "htpasswd", "openssl"];

/** Why there is no registry to start here; undefined where there is. Where peers are promised, it throws instead. */
export function registrySkipReason(): string | undefined {
  const missing = PROGRAMS.filter((program) => !onPath(program));
  if (missing.length === 0) return undefined;
  const reason = `no ${missing.join(", ")}: apt-get install docker-registry apache2-utils openssl`;
  const promised = Boolean(process.env.CI) || process.env.LAYERWRIGHT_REQUIRE_PEERS === "1";
  if (promised) throw new Error(reason);
  return reason;
}

/** Skips a test where there is no registry to start. */
export function requireRegistry(test: TestContext): void {
  const reason = registrySkipReason();
  if (reason !== undefined) test.skip(reason);
}

/** Starts a registry with an empty store on a free port of 127.0.0.1. */
export async function startRealRegistry(options: RealRegistryOptions = {}): Promise<RealRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "layerwright-registry-"));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  try {
    const certificates = options.tls === true ? makeCertificates(folder) : undefined;
    const tls = certificates && { certificate: certificates.certFile, key: certificates.keyFile };
    const config = join(folder, "config.yml");
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(configuration(folder, options.auth, tls)));
    const child = spawn("docker-registry", ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
    const port = await listeningPort(child);
    const host = `127.0.0.1:${port}`;
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    return {
      host,
      port,
      origin: `${tls === undefined ? "http" : "https"}://${host}`,
      caFile: certificates?.caFile,
      async stop() {
        process.off("exit", kill);
        if (child.exitCode === null) {
          const gone = new Promise((resolve) => child.once("exit", resolve));
          child.kill("SIGKILL");
          await gone;
        }
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

function configuration(folder: string, auth: RealRegistryOptions["auth"], tls: object | undefined) {
  const store = join(folder, "store");
  mkdirSync(store);
  return {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: store }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0", secret: "of a test", ...(tls === undefined ? {} : { tls }) },
    ...(auth === undefined ? {} : { auth: { htpasswd: passwords(folder, auth) } }),
  };
}

function passwords(folder: string, { user, password }: NonNullable<RealRegistryOptions["auth"]>) {
  const path = join(folder, "htpasswd");
  writeFileSync(path, execFileSync("htpasswd", ["-Bbn", user, password]));
  return { realm: "test", path };
}

/** The registry takes a free port itself and says which. */
function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      // It must be read to the end, else the registry waits for room in the pipe.
      said = `${said}${text}`.slice(-10_000);
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`docker-registry ended with ${code}\n${said}`)));
  });
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
