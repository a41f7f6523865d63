// Makes the inputs of the bench in the work folder, once.
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./measure.mjs";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** What workload M is: real packages at fixed versions. */
const PACKAGES = [
  "aws-cdk-lib@2.170.0",
  "constructs@10.4.2",
  "typescript@5.7.2",
  "lodash@4.17.21",
  "date-fns@4.1.0",
  "three@0.171.0",
  "@angular/core@19.0.3",
  "@angular/common@19.0.3",
  "@angular/material@19.0.2",
  "@angular/cdk@19.0.2",
  "rxjs@7.8.1",
  "@mui/material@6.1.10",
];
const MODULES_FILES = 20_000;

const LARGE = 1 << 30;
const PIECE = 1 << 16;

/**
 * The package as a user has it, copied into the work folder so that `dist/` may be rebuilt meanwhile, with the build
 * scripts of `bench/images/` beside it.
 */
export async function preparePackage(work) {
  const home = join(work, "layerwright");
  mkdirSync(home, { recursive: true });
  await prepare(process.execPath, [join(repository, "scripts/build.mjs")]);
  rmSync(join(home, "dist"), { recursive: true, force: true });
  cpSync(join(repository, "dist"), join(home, "dist"), { recursive: true });
  copyFileSync(join(repository, "package.json"), join(home, "package.json"));
  cpSync(join(repository, "bench/images"), join(home, "images"), { recursive: true });
  if (!existsSync(join(home, "node_modules")))
    symlinkSync(join(repository, "node_modules"), join(home, "node_modules"));
  return home;
}

/** S: one static binary of a real package. */
export async function prepareBinary(work) {
  return once(join(work, "S"), (folder) => {
    const binary = createRequire(import.meta.url).resolve("@esbuild/linux-x64/bin/esbuild");
    copyFileSync(binary, join(folder, "app"));
    chmodSync(join(folder, "app"), 0o755);
  });
}

/** M: a node_modules with more than 20,000 files, from the npm registry. */
export async function prepareModules(work) {
  return once(join(work, "M"), async (folder) => {
    writeFileSync(join(folder, "package.json"), '{"name":"bench","private":true}');
    const options = ["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"];
    await prepare("npm", ["install", ...options, ...PACKAGES], { cwd: folder });
    const files = countFiles(join(folder, "node_modules"));
    if (files < MODULES_FILES) throw new Error(`${folder}/node_modules has only ${files} files`);
  });
}

/** A copy of M, of which one file changes with every round. */
export async function prepareChanging(work) {
  const modules = await prepareModules(work);
  return once(join(work, "M-one"), async (folder) => {
    await prepare("cp", ["-a", join(modules, "node_modules"), folder]);
  });
}

/** Changes one file of the copy of M: another text of the same length. */
export function changeOneFile(folder, round) {
  const path = join(folder, "node_modules/lodash/lodash.js");
  const line = `\n// changed by the bench: ${createHash("sha256").update(`${round} ${Date.now()}`).digest("hex")}\n`;
  const fd = openSync(path, "r+");
  try {
    writeSync(fd, line, 0);
  } finally {
    closeSync(fd);
  }
}

/** L: 1 GiB in one file, of real bytes, an eighth of them random (the same ones everywhere). */
export async function prepareLarge(work) {
  const modules = await prepareModules(work);
  return once(join(work, "L"), async (folder) => {
    const tar = join(folder, "modules.tar");
    await prepare("tar", ["--sort=name", "-cf", tar, "-C", modules, "node_modules"]);
    const binary = createRequire(import.meta.url).resolve("@esbuild/linux-x64/bin/esbuild");
    const typescript = createRequire(import.meta.url).resolve("typescript/lib/typescript.js");
    const sources = pieces([tar, process.execPath, binary, typescript]);
    const random = randomPieces(0x1a7e);
    const fd = openSync(join(folder, "data.bin"), "w");
    for (let at = 0; at < LARGE; at += PIECE) {
      writeSync(fd, (at / PIECE) % 8 === 7 ? random() : sources.next().value);
    }
    closeSync(fd);
    rmSync(tar);
    // Two cuts of it, for the image of five layers.
    for (const [name, skip] of [
      ["one.bin", 300],
      ["two.bin", 340],
    ]) {
      const where = [`if=${join(folder, "data.bin")}`, `of=${join(folder, name)}`];
      await prepare("dd", [...where, "bs=1M", "count=24", `skip=${skip}`, "status=none"]);
    }
  });
}

/** Whole pieces of some files, over and over. */
function* pieces(paths) {
  const piece = Buffer.alloc(PIECE);
  for (;;) {
    for (const path of paths) {
      const fd = openSync(path, "r");
      while (readSync(fd, piece, 0, PIECE, null) === PIECE) yield piece;
      closeSync(fd);
    }
  }
}

/** Pseudo-random pieces (xorshift32). */
function randomPieces(seed) {
  const words = new Uint32Array(PIECE / 4);
  let state = seed;
  return () => {
    for (let index = 0; index < words.length; index++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[index] = state;
    }
    return new Uint8Array(words.buffer);
  };
}

/** The image of five layers that is flattened, written by the package itself. */
export async function prepareLayers(work, home) {
  await prepareModules(work);
  await prepareLarge(work);
  return once(join(work, "flatten"), async (folder) => {
    await prepare(process.execPath, [join(home, "images/layers.mjs")], {
      env: {
        LW_CONTEXT: work,
        LW_OUTPUT: join(folder, "layers"),
        LAYERWRIGHT_CACHE: join(folder, "store"),
      },
    });
    rmSync(join(folder, "store"), { recursive: true });
  });
}

/** Makes a folder's contents beside it and renames, so that a bench that was stopped leaves nothing half-made. */
export async function once(folder, make) {
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.making`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  process.stderr.write(`making ${folder}\n`);
  await make(temporary);
  renameSync(temporary, folder);
  return folder;
}

function countFiles(folder) {
  let count = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    count += entry.isDirectory() ? countFiles(join(folder, entry.name)) : 1;
  }
  return count;
}
