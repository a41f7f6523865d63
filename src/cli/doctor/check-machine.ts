import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import * as zlib from "node:zlib";
import { type Finding, fail, ok, warn } from "./check.js";

const MINIMUM = [20, 19] as const;
const CLIENTS = ["docker", "podman", "buildah", "skopeo"] as const;

/** The version of Node. */
export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const enough = major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
  return enough
    ? ok("node", `Node ${version}`)
    : fail("node", `Node ${version} is too old`, `install Node ${MINIMUM.join(".")} or newer`);
}

/** True when the user's file can be run: tsx is there. */
export function checkTsx(): Finding {
  try {
    const url = import.meta.resolve("tsx");
    return ok("tsx", `tsx at ${new URL(".", url).pathname.replace(/dist\/$/, "")}`);
  } catch {
    return fail("tsx", "tsx is missing from layerwright's dependencies", "install layerwright again");
  }
}

/** True when layers can be kept. */
export function checkStore(folder: string): Finding {
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(probe, "");
    rmSync(probe);
    return ok("store", `${folder} can be written`);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(
      "store",
      `${folder} cannot be written: ${reason}`,
      "name another directory with LAYERWRIGHT_CACHE",
    );
  }
}

/** Which encoder zstd layers get. */
export function checkZstd(): Finding {
  return "createZstdCompress" in zlib
    ? ok("zstd", "built into this Node")
    : ok("zstd", "as WebAssembly (slower); Node 22.15 or newer has it built in");
}

/** How many blocks are compressed side by side. */
export function checkCores(): Finding {
  const cores = availableParallelism();
  return ok("cores", `${cores} core${cores === 1 ? "" : "s"}`);
}

/** The programs that load images and build Dockerfiles. Layerwright itself needs none. */
export function checkClients(path = process.env["PATH"] ?? ""): Finding {
  const found = CLIENTS.filter((name) => path.split(delimiter).some((folder) => runs(join(folder, name))));
  return found.length > 0
    ? ok("clients", found.join(", "))
    : warn(
        "clients",
        `none of ${CLIENTS.join(", ")} is on the PATH`,
        "install one to load images or to build Dockerfiles; `layerwright build` needs none",
      );
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
