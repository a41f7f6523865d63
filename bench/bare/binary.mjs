// binary.mjs FILE OUTPUT: one file as a gzip layer, and nothing more.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { BLOCK, Blocks } from "./blocks.mjs";
import { deflateBlocks } from "./deflate-blocks.mjs";
import { ustar } from "./header.mjs";

const [file, output] = process.argv.slice(2);
const blocks = new Blocks(output, deflateBlocks());
const fd = openSync(file);
const { mode, size } = fstatSync(fd);

await blocks.put(ustar(basename(file), "0", mode, size));
for (let left = size; left > 0; ) {
  if (blocks.used === BLOCK) await blocks.next();
  const part = readSync(fd, blocks.block, blocks.used, Math.min(left, BLOCK - blocks.used), null);
  if (part === 0) throw new Error(`${file} became shorter`);
  blocks.used += part;
  left -= part;
}
closeSync(fd);
blocks.pad();
console.log(JSON.stringify(await blocks.end()));
