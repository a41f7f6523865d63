import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { GOLDEN } from "./golden-cases.js";

/** The port that the cases `add-url` and `recipes-download` name. */
const PORT = 18573;
const RETRY_MS = 50;

/** An archive for `download`; everything else is a text. */
const ARCHIVE = "/tool-1.0.tar.gz";

/**
 * Serves the files that the cases with `add` and `download` fetch. Where another test process serves it already, this one
 * waits for its turn and takes the port over when the other ends.
 */
export async function serveFile(): Promise<() => Promise<void>> {
  const server = createServer(({ url }, response) => {
    const archive = url === ARCHIVE;
    response.end(archive ? readFileSync(join(GOLDEN, "recipes-download", ARCHIVE)) : "served by the test\n");
  });
  let retry: NodeJS.Timeout | undefined;
  const listen = () => server.listen(PORT, "127.0.0.1");
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(error);
      retry = setTimeout(listen, RETRY_MS).unref();
      resolve();
    });
    listen();
  });
  return async () => {
    clearTimeout(retry);
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
}
