import { open, rename, rm } from "node:fs/promises";

/** Writes a file beside its place and renames it, so that it is never there in half. */
export async function writeBeside(dest: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const beside = `${dest}.${process.pid}.tmp`;
  try {
    const file = await open(beside, "w", 0o644);
    try {
      for await (const chunk of chunks) await file.write(chunk);
    } finally {
      await file.close();
    }
    await rename(beside, dest);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
