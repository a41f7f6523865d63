// warm.mjs FOLDER BLOB OUTPUT: is the node_modules of a folder what it was, and the layer of last time once more.
import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readSync, writeSync } from "node:fs";

const [folder, blob, output] = process.argv.slice(2);

// Whoever does not read the files has to look at each, and to compare something with last time.
const stamps = createHash("sha256");
walk(`${folder}/node_modules`);
const stamp = stamps.digest("hex");

// The layer is copied by hand: its bytes have to be seen, as a blob that is passed on has to be the right one.
const [from, to] = [openSync(blob), openSync(output, "w")];
const bytes = Buffer.allocUnsafeSlow(1 << 20);
const sum = createHash("sha256");
let size = 0;
for (let part = -1; part !== 0; ) {
  part = readSync(from, bytes, 0, bytes.length, null);
  sum.update(bytes.subarray(0, part));
  for (let at = 0; at < part; ) at += writeSync(to, bytes, at, part - at);
  size += part;
}
closeSync(from);
closeSync(to);
console.log(JSON.stringify({ digest: sum.digest("hex"), size, stamp }));

function walk(path) {
  for (const name of readdirSync(path).sort()) {
    const one = `${path}/${name}`;
    const stat = lstatSync(one);
    stamps.update(`${one} ${stat.mode} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}\n`);
    if (stat.isDirectory()) walk(one);
  }
}
