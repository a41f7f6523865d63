// Proves the package recipes in real installations: nothing of what a manager leaves is in the layer, nothing that
// was asked for is missing, and how many bytes that is. Needs root, Debian, a network and scripts/peers/up.
//
//   node --import tsx scripts/prove-packages.mjs [NAME...]
import { createReadStream, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";
import { Image } from "../src/index.ts";
import { peerOrSkipReason } from "../test/peers/peers.ts";
import { base } from "./prove/bases.mjs";
import { buildLayer, bytesOf } from "./prove/build-layer.mjs";
import { cases, PORT } from "./prove/cases.mjs";

const names = process.argv.slice(2);
const chosen = cases.filter(({ name }) => names.length === 0 || names.includes(name));
const peer = peerOrSkipReason("docker28");
if (typeof peer === "string") {
  console.error(peer);
  process.exit(1);
}
let failed = false;
for (const one of chosen) {
  const { tar, served } = base(one.base);
  const server = await serve(served);
  try {
    await prove(one, tar);
  } catch (error) {
    failed = true;
    console.log(`${one.name}: ${String(error.message).split("\n").slice(-25).join("\n")}`);
  } finally {
    server.close();
  }
}
process.exitCode = failed ? 1 : 0;

async function prove({ name, what, prepare, naive, ours, gone, there, absent = [] }, tar) {
  const plain = await buildLayer(peer, tar, prepare, (image) => image.run(naive, { keepLeftovers: true }));
  const clean = await buildLayer(peer, tar, prepare, ours({}));
  const recipe = ours({ cache: "mount" });
  await buildLayer(peer, tar, prepare, recipe);
  await buildLayer(peer, tar, prepare, (image) =>
    image.run(fullMounts(recipe), { mounts: mountsOf(recipe) }),
  );
  // Once more, as another step: what it finds in the mounts must not change what it makes.
  const mounted = await buildLayer(
    peer,
    tar,
    (image) => (prepare === undefined ? image : image.with(prepare)).env("TURN", "2"),
    recipe,
  );
  const left = plain.filter(({ path }) => matches(path, gone));
  console.log(
    `${name} (${what}): naive ${bytesOf(plain)}, ours ${bytesOf(clean)}, with cache mounts ${bytesOf(mounted)}, left behind by naive ${bytesOf(left)}`,
  );
  for (const [kind, files] of [
    ["ours", clean],
    ["with cache mounts", mounted],
  ]) {
    const wrong = files.filter(
      ({ path, type }) => type !== "dir" && !isWhiteout(path) && matches(path, [...gone, ...absent]),
    );
    for (const { path } of wrong) {
      failed = true;
      console.log(`  ${kind}: /${path} is left behind`);
    }
    for (const pattern of there) {
      if (files.some(({ path }) => pattern.test(path))) continue;
      failed = true;
      console.log(`  ${kind}: nothing is at ${pattern}`);
    }
  }
}

function matches(path, patterns) {
  return patterns.some((pattern) => pattern.test(path));
}

function isWhiteout(path) {
  return basename(path).startsWith(".wh.");
}

/** The mounts of a recipe's one run step. */
function mountsOf(recipe) {
  return Image.from("any").with(recipe).node.steps[0].mounts;
}

/** A command that fails when nothing is in the mounts. */
function fullMounts(recipe) {
  const targets = mountsOf(recipe).map(({ target }) => target);
  return `test -n "$(find ${targets.join(" ")} -type f -size +1k)"`;
}

/** Serves a folder as package managers and pip's --find-links expect it. */
function serve(folder) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = join(folder, path);
    try {
      const stat = statSync(file);
      response.setHeader("ETag", `"${stat.size}-${stat.mtimeMs}"`);
      response.setHeader("Cache-Control", "max-age=3600");
      if (stat.isFile()) return createReadStream(file).pipe(response);
      response.setHeader("Content-Type", "text/html");
      const links = readdirSync(file).map((entry) => `<a href="${encodeURIComponent(entry)}">${entry}</a>`);
      return response.end(`<html><body>${links.join("\n")}</body></html>`);
    } catch {
      response.statusCode = 404;
      return response.end();
    }
  });
  return new Promise((resolve) => server.listen(PORT, "127.0.0.1", () => resolve(server)));
}
