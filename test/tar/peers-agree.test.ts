import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { normalizeEntryPath } from "../../src/archive/read-entry.js";
import { LayerwrightError } from "../../src/errors/layerwright-error.js";
import { SEED, tries } from "../properties/tries.js";
import { oddArchive } from "./odd-archives.js";
import { parse } from "./tar-support.js";

/**
 * An entry as every reader lists it: type, path, mode, uid, gid, size, link target, where its content begins; ours says
 * where its first header begins, too.
 */
type Listed = readonly [string, string, number, number, number, number, string, number, number?];

/** What a reader made of an archive: its entries, or why it read none. */
type Reading = readonly Listed[] | string;

interface PeerReadings {
  readonly python: Reading;
  readonly gnu: Reading;
}

const BATCH = 1000;

/**
 * The rule: what we accept, GNU tar and Python's tarfile either refuse or read as we do, to the last byte. What they read
 * in different ways, or otherwise than we do, is refused.
 */
test("A1-A4: odd archives are read as GNU tar and Python read them, or are refused", {
  timeout: 3_600_000,
}, async () => {
  const wanted = tries(2000, 20_000);
  const counts = { tried: 0, accepted: 0, refused: 0, different: 0 };
  const differences: string[] = [];
  for (let batch = 0; counts.tried < wanted; batch++) {
    const numRuns = Math.min(BATCH, wanted - counts.tried);
    const archives = fc.sample(oddArchive, { numRuns, seed: SEED + batch });
    const ours = archives.map(readOurs);
    const accepted = archives.filter((_, at) => typeof ours[at] !== "string");
    const readings = await peersOn(accepted);
    let next = 0;
    for (const [at, archive] of archives.entries()) {
      counts.tried++;
      const own = ours[at]!;
      if (typeof own === "string") {
        counts.refused++;
        continue;
      }
      counts.accepted++;
      const { python, gnu: listed } = readings[next++]!;
      const gnu = inPlace(listed, own);
      const [gnuDiffers, pythonDiffers] = [gnu, python].map(
        (peer) => typeof peer !== "string" && !same(peer, own),
      );
      if (!gnuDiffers && !pythonDiffers) continue;
      counts.different++;
      differences.push(shown(archive, own, gnu, python));
    }
    if (wanted > 20_000) process.stderr.write(`${JSON.stringify(counts)}\n`);
  }
  expect(differences.slice(0, 3)).toEqual([]);
  expect(counts.different).toBe(0);
  expect(counts.accepted).toBeGreaterThan(counts.tried / 20);
});

function readOurs(archive: Buffer): Reading {
  try {
    return parse(archive).map(({ entry, position }) => [
      entry.type,
      Buffer.from(entry.path).toString("latin1"),
      entry.mode,
      entry.uid,
      entry.gid,
      entry.size,
      Buffer.from(entry.linkname ?? "").toString("latin1"),
      entry.type === "file" ? position.data : 0,
      position.header,
    ]);
  } catch (error) {
    if (error instanceof LayerwrightError) return error.code;
    throw error;
  }
}

/** Compares with a peer: its paths in our form; a hard link's own attributes are those of its file. */
function same(peer: readonly Listed[], own: readonly Listed[]): boolean {
  return JSON.stringify(peer.map(inOurForm)) === JSON.stringify(own.map(inOurForm));
}

function inOurForm([type, path, mode, uid, gid, size, link, data]: Listed): unknown {
  const plain = (text: string) => {
    const normal = normalizeEntryPath(text);
    return typeof normal === "string" ? normal : text;
  };
  const target = type === "hardlink" ? plain(link) : link;
  return [
    type,
    plain(path),
    type === "symlink" ? 0o777 : mode,
    uid,
    gid,
    size,
    target,
    type === "file" && size > 0 ? data : 0,
  ];
}

async function peersOn(archives: readonly Buffer[]): Promise<PeerReadings[]> {
  const work = mkdtempSync(join(tmpdir(), "lw-odd-"));
  try {
    mkdirSync(work, { recursive: true });
    for (const [at, archive] of archives.entries()) writeFileSync(join(work, `${at}.tar`), archive);
    const [python, gnu] = await Promise.all(
      ["python", "gnu"].map((reader) => run(work, archives.length, reader)),
    );
    return archives.map((_, at) => ({ python: python![at]!["python"]!, gnu: gnu![at]!["gnu"]! }));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** GNU tar names the block of an entry's header, or of a long name before it, behind a global header if there is one. */
function inPlace(reading: Reading, own: readonly Listed[]): Reading {
  if (typeof reading === "string") return reading;
  return reading.map(([type, path, mode, uid, gid, size, link, block], at) => {
    const [data, header] = [own[at]?.[7] ?? 0, own[at]?.[8]];
    return [
      type,
      path,
      mode,
      uid,
      gid,
      size,
      link,
      header !== undefined && block >= header && block < data ? data : block + 512,
    ];
  });
}

async function run(work: string, count: number, reader: string): Promise<Record<string, Reading>[]> {
  const script = fileURLToPath(new URL("../peers/tar-readers.py", import.meta.url));
  const child = spawn("python3", [script, work, String(count), reader], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece as Buffer);
  const lines = Buffer.concat(pieces).toString().trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, Reading>);
}

function shown(archive: Buffer, own: Reading, gnu: Reading, python: Reading): string {
  const list = (reading: Reading) =>
    typeof reading === "string" ? reading : reading.map((one) => `\n    ${JSON.stringify(one)}`).join("");
  return `\n  ours ${list(own)}\n  gnu ${list(gnu)}\n  python ${list(python)}\n  ${archive.toString("base64").replace(/A{40,}/g, "…")}`;
}
