// The bare Node programs as contestants: the least that a workload needs in Node. See "The least work" in README.md.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBlob } from "./check-image.mjs";
import { prepare } from "./measure.mjs";
import { line } from "./peers.mjs";

/** They run with the Node that runs the bench. */
export function findBare() {
  return { run: [process.execPath], path: (path) => path };
}

/** `node_modules` as a layer, `gzip` or `zstd`. */
export function bareModules({ bare }, encoding, folder, scratch) {
  const out = join(scratch, `bare.${encoding}`);
  return contestant(bare, "modules", [encoding, folder, out], out, encoding);
}

/** One file as a layer. */
export function bareBinary({ bare }, file, scratch) {
  const out = join(scratch, "bare-binary.gzip");
  return contestant(bare, "binary", [file, out], out, "gzip");
}

/** A layer of five. */
export function bareFlatten({ bare }, layout, scratch) {
  const out = join(scratch, "bare-flat.gzip");
  return contestant(bare, "flatten", [layout, out], out, "gzip");
}

/** Nothing changed: the layer of before, which is made here, once more. */
export async function bareWarm({ bare }, folder, scratch) {
  if (bare === undefined) return undefined;
  const [layer, out] = [join(scratch, "bare-before.gzip"), join(scratch, "bare-warm.gzip")];
  await prepare(bare.run[0], [program("modules"), "gzip", folder, layer]);
  return contestant(bare, "warm", [folder, layer, out], out, "gzip");
}

const program = (name) => fileURLToPath(new URL(`bare/${name}.mjs`, import.meta.url));

function contestant(bare, name, args, out, encoding) {
  if (bare === undefined) return undefined;
  return {
    name: "bare Node program",
    title: `bare Node program (${name}, ${encoding})`,
    script: `exec ${line(...bare.run, program(name), ...args)}`,
    outputs: [out],
    check: out,
    async count(stdout) {
      const said = JSON.parse(stdout);
      const found = await checkBlob(out, encoding);
      const same = said.digest === found.digest && [found.diffId, undefined].includes(said.diffId);
      if (!same) throw new Error(`it says ${stdout.trim()}, and the file has ${JSON.stringify(found)}`);
      return found.entries;
    },
  };
}
