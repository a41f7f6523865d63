import { join } from "node:path";
import { Base, build, context, Image, type OutputTarget } from "layerwright";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { PLATFORM } from "../golden/golden-cases.js";

const binaries = context(
  "binaries",
  new URL("../../node_modules/@esbuild/linux-x64/bin", import.meta.url).pathname,
);

/** The reference that samples are written under. */
export const REFERENCE = "layerwright.test/sample:v1";

/** An image with all that a reader may stumble over: its base's layers in three encodings, whiteouts, links, odd names. */
export function sampleImage(): Image {
  ensureBases();
  return sampleOver(Base.layout(join(BASES, "layout"), { tag: "v1" }));
}

/** The same without a zstd layer, which umoci 0.4 does not know. */
export function sampleWithoutZstd(): Image {
  ensureBases();
  return sampleOver(Base.archive(join(BASES, "archive-new.tar")));
}

function sampleOver(base: Base): Image {
  return Image.from(base)
    .remove("/opt/old/y")
    .write("/etc/motd", "the sample\n")
    .write("/srv/a b/grüße ☃", "odd\n", { owner: "www-data", mode: 0o600 })
    .mkdir("/var/spool/x", { mode: 0o1733, owner: "5:6" })
    .symlink("../lib", "/usr/lib64")
    .write(`/srv/${"long/".repeat(40)}name`, "a name that needs an extended header\n")
    .label("org.example.sample", "yes")
    .entrypoint(["/bin/ls"]);
}

/** One static binary alone, which prints its version. */
export function versionImage(): Image {
  return Image.scratch()
    .binary(binaries.path("esbuild"), "/esbuild")
    .user(65532)
    .workdir("/")
    .cmd(["/esbuild", "--version"]);
}

/** Builds an image as the tests want it. */
export async function written(image: Image, output: OutputTarget, store: string): Promise<void> {
  await build(image, { output, store, platform: PLATFORM, reference: REFERENCE, compression: "gzip:1" });
}
