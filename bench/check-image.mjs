// Reads an image archive with code of its own: is every digest right, and how many entries has each layer?
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";

const BLOCK = 512;
const CHUNK = 1 << 20;

/** Checks an archive with one image; gives the layers' entries and sizes, or throws with what is wrong. */
export async function checkImage(path) {
  const fd = openSync(path, "r");
  try {
    const files = listTar(fd);
    const json = (name) => JSON.parse(readAll(fd, files.get(name) ?? fail(`${path} has no ${name}`)));
    const blob = (digest) =>
      files.get(`blobs/sha256/${digest.split(":")[1]}`) ?? fail(`${path} has no blob ${digest}`);
    for (const [name, place] of files) {
      const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
      if (hex !== undefined && hashOf(fd, place) !== hex) fail(`${path}: the blob ${hex} has another digest`);
    }
    const [descriptor] = json("index.json").manifests;
    const manifest = JSON.parse(readAll(fd, blob(descriptor.digest)));
    const config = JSON.parse(readAll(fd, blob(manifest.config.digest)));
    const layers = [];
    for (const [index, layer] of manifest.layers.entries()) {
      if (blob(layer.digest).size !== layer.size) fail(`${path}: the size of ${layer.digest} is wrong`);
      const found = await unpack(fd, blob(layer.digest), layer.mediaType);
      const said = config.rootfs.diff_ids[index];
      if (`sha256:${found.sha256}` !== said) fail(`${path}: diff_id ${said}, found ${found.sha256}`);
      const { digest, size } = layer;
      layers.push({ digest, size, unpacked: found.size, entries: found.entries });
    }
    return { digest: descriptor.digest, layers };
  } finally {
    closeSync(fd);
  }
}

/** Reads a compressed layer that lies alone in a file. */
export async function checkBlob(path, encoding) {
  const fd = openSync(path, "r");
  try {
    const place = { offset: 0, size: fstatSync(fd).size };
    const { sha256, entries } = await unpack(fd, place, encoding);
    return { digest: hashOf(fd, place), diffId: sha256, entries };
  } finally {
    closeSync(fd);
  }
}

function fail(message) {
  throw new Error(message);
}

/** The files of a plain ustar: where each begins, and its size. */
function listTar(fd) {
  const files = new Map();
  const header = Buffer.alloc(BLOCK);
  for (let at = 0; readSync(fd, header, 0, BLOCK, at) === BLOCK && header[0] !== 0; ) {
    const name = header.toString("latin1", 0, 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
    files.set(name, { offset: at + BLOCK, size });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function* chunks(fd, { offset, size }) {
  for (let at = 0; at < size; at += CHUNK) {
    const chunk = Buffer.alloc(Math.min(CHUNK, size - at));
    if (readSync(fd, chunk, 0, chunk.length, offset + at) !== chunk.length) fail("the archive is cut short");
    yield chunk;
  }
}

function readAll(fd, place) {
  return Buffer.concat([...chunks(fd, place)]).toString();
}

function hashOf(fd, place) {
  const hash = createHash("sha256");
  for (const chunk of chunks(fd, place)) hash.update(chunk);
  return hash.digest("hex");
}

async function unpack(fd, place, mediaType) {
  const hash = createHash("sha256");
  const counter = entryCounter();
  const take = (chunk) => {
    hash.update(chunk);
    counter.feed(chunk);
  };
  if (mediaType.endsWith("zstd")) {
    const decoder = new Decompress((chunk) => take(chunk));
    for (const chunk of chunks(fd, place)) decoder.push(chunk);
    decoder.push(new Uint8Array(0), true);
  } else if (mediaType.endsWith("gzip")) {
    const gunzip = createGunzip({ chunkSize: CHUNK });
    const feeding = (async () => {
      for (const chunk of chunks(fd, place)) await new Promise((resolve) => gunzip.write(chunk, resolve));
      gunzip.end();
    })();
    for await (const chunk of gunzip) take(chunk);
    await feeding;
  } else for (const chunk of chunks(fd, place)) take(chunk);
  return { sha256: hash.digest("hex"), size: counter.size, entries: counter.entries };
}

/** Counts the entries of a tar as it goes by; headers that only describe the next entry do not count. */
function entryCounter() {
  const header = Buffer.alloc(BLOCK);
  let filled = 0;
  let skip = 0;
  const counter = {
    entries: 0,
    size: 0,
    feed(chunk) {
      counter.size += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        if (skip > 0) {
          const part = Math.min(skip, chunk.length - at);
          skip -= part;
          at += part;
          continue;
        }
        const part = Math.min(BLOCK - filled, chunk.length - at);
        header.set(chunk.subarray(at, at + part), filled);
        filled += part;
        at += part;
        if (filled < BLOCK) continue;
        filled = 0;
        if (header[0] === 0) continue;
        const type = String.fromCharCode(header[156]);
        if (!"xgLK".includes(type)) counter.entries++;
        const size = Number.parseInt(header.toString("latin1", 124, 136), 8);
        if (type === "0" || type === "\0" || "xgLK".includes(type)) skip = Math.ceil(size / BLOCK) * BLOCK;
      }
    },
  };
  return counter;
}
