// flatten.mjs LAYOUT OUTPUT: the gzip layers of an image as one layer, and nothing more. It goes from the top layer
// down, so that every layer is read once and nothing is kept but names. Two things it does not do: a hard link whose
// target is hidden stays as it is, and a folder may come after what lies in it.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { BLOCK, Blocks } from "./blocks.mjs";
import { deflateBlocks } from "./deflate-blocks.mjs";
import { headers, nameOf } from "./tar-reader.mjs";

const [layout, output] = process.argv.slice(2);
const blob = (digest) => `${layout}/blobs/sha256/${digest.split(":")[1]}`;
const json = (path) => JSON.parse(readFileSync(path, "utf8"));

const { layers, config } = json(blob(json(`${layout}/index.json`).manifests[0].digest));
const diffIds = json(blob(config.digest)).rootfs.diff_ids;
const blocks = new Blocks(output, deflateBlocks());

const seen = new Set();
/** What hides all that layers below have at and under a path. */
const covers = new Set();
/** Folders, of which layers below have nothing. */
const opaque = new Set();

for (const [index, layer] of [...layers.entries()].reverse()) await pass(layer.digest, diffIds[index]);
console.log(JSON.stringify(await blocks.end()));

async function pass(digest, diffId) {
  // What a layer hides is hidden in the layers below it only.
  const later = { covers: [], opaque: [] };
  const under = new Map();
  const compressed = createHash("sha256");
  const plain = createHash("sha256");
  const tar = headers((parts) => isShown(nameOf(parts), parts.at(-1)[156], later, under));

  const file = createReadStream(blob(digest), { highWaterMark: BLOCK });
  file.on("data", (chunk) => compressed.update(chunk));
  const chunks = file.pipe(createGunzip({ chunkSize: BLOCK, readableHighWaterMark: 4 * BLOCK }));
  for await (const chunk of chunks) {
    plain.update(chunk);
    for (const part of tar(chunk)) await blocks.put(part);
  }
  if (`sha256:${compressed.digest("hex")}` !== digest || `sha256:${plain.digest("hex")}` !== diffId)
    throw new Error(`${digest} has other bytes than it should have`);
  for (const path of later.covers) covers.add(path);
  for (const path of later.opaque) opaque.add(path);
}

function isShown(path, type, later, under) {
  const cut = path.lastIndexOf("/");
  const [folder, base] = [cut < 0 ? "" : path.slice(0, cut), path.slice(cut + 1)];
  if (base === ".wh..wh..opq") later.opaque.push(folder);
  else if (base.startsWith(".wh.")) later.covers.push(path.slice(0, cut + 1) + base.slice(4));
  else if (!seen.has(path) && !covers.has(path) && !isHidden(folder, under)) {
    seen.add(path);
    // A folder shows what layers below have in it; nothing else does.
    if (type !== 0x35) later.covers.push(path);
    return true;
  }
  return false;
}

/** Whether layers above hide what is in a folder; `under` remembers it while one layer is read. */
function isHidden(folder, under) {
  let known = under.get(folder);
  if (known !== undefined) return known;
  const cut = folder.lastIndexOf("/");
  known = covers.has(folder) || opaque.has(folder);
  if (!known && folder !== "") known = isHidden(cut < 0 ? "" : folder.slice(0, cut), under);
  under.set(folder, known);
  return known;
}
