// modules.mjs gzip|zstd FOLDER OUTPUT: the node_modules of a folder as a compressed layer, and nothing more.
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { BLOCK, Blocks } from "./blocks.mjs";
import { ustar } from "./header.mjs";

const [encoding, folder, output] = process.argv.slice(2);
// Only what is used is loaded.
const codec =
  encoding === "zstd"
    ? (await import("./zstd-blocks.mjs")).zstdBlocks()
    : (await import("./deflate-blocks.mjs")).deflateBlocks();
const blocks = new Blocks(output, codec);

await blocks.put(ustar("app/", "5", 0o755, 0));
await blocks.put(ustar("app/node_modules/", "5", 0o755, 0));
await add(`${folder}/node_modules`, "app/node_modules");
console.log(JSON.stringify(await blocks.end()));

/** Adds what a folder holds as it is found: the other cores have blocks to compress from the first moment on. */
async function add(folder, prefix) {
  for (const entry of readdirSync(folder).sort()) {
    const [path, name] = [`${folder}/${entry}`, `${prefix}/${entry}`];
    const stat = lstatSync(path);
    if (stat.isDirectory()) {
      await blocks.put(ustar(`${name}/`, "5", stat.mode, 0));
      await add(path, name);
    } else if (stat.isSymbolicLink()) await blocks.put(ustar(name, "2", 0o777, 0, readlinkSync(path)));
    else {
      await blocks.put(ustar(name, "0", stat.mode, stat.size));
      await read(path, stat.size);
    }
  }
}

/** Reads a file straight into the blocks, which saves a copy of every byte. */
async function read(path, size) {
  const fd = openSync(path);
  for (let left = size; left > 0; ) {
    if (blocks.used === BLOCK) await blocks.next();
    const part = readSync(fd, blocks.block, blocks.used, Math.min(left, BLOCK - blocks.used), null);
    if (part === 0) throw new Error(`${path} became shorter`);
    blocks.used += part;
    left -= part;
  }
  closeSync(fd);
  blocks.pad();
}
