import { openDirStore } from "../../src/adapters/store-dir/dir-blob-store.js";

// Writes blobs for ever (or so many rounds), each with its own content, and says which ones are committed.
const [folder, seed, rounds = "1000000", same = ""] = process.argv.slice(2);
const store = await openDirStore({ folder: folder! });
process.stdout.write("ready\n");
for (let round = 0; round < Number(rounds); round++) {
  const writer = await store.writer();
  const text = same === "" ? `${seed} ${round}` : same;
  const chunk = Buffer.alloc(100_000 + round, text);
  for (let part = 0; part < 5; part++) writer.write(chunk);
  const { digest, size } = await writer.commit();
  await store.putRecord("kind", `${round % 7}`, { digest, size, round });
  process.stdout.write(`${digest}\n`);
}
await store.close();
