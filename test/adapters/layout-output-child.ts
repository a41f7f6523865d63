import { createHash } from "node:crypto";
import { createDiskOutput } from "../../src/adapters/outputs/disk-output.js";
import type { Digest } from "../../src/oci/digest.js";

// Writes small images into one layout, each with its own tag, and says which ones are there.
const [folder, lane, rounds] = process.argv.slice(2);
const output = createDiskOutput({ type: "layout", dest: folder! });
const blob = (text: string) => {
  const bytes = Buffer.from(text);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as Digest;
  return {
    bytes,
    descriptor: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: bytes.length },
  };
};
process.stdout.write("ready\n");
for (let round = 0; round < Number(rounds); round++) {
  const reference = `example.com/app:l${lane}-r${round}`;
  await output.write([
    {
      references: [reference],
      manifest: blob(`{"manifest":"${lane} ${round}"}`),
      config: blob("{}"),
      layers: [],
    },
  ]);
  process.stdout.write(`${reference}\n`);
}
