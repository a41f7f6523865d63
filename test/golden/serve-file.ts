import { createServer } from "node:http";

/** The port that the case `add-url` names. */
const PORT = 18573;
const RETRY_MS = 50;

/**
 * Serves the one file that the case with `add` fetches. Where another test process serves it already, this one
 * waits for its turn and takes the port over when the other ends.
 */
export async function serveFile(): Promise<() => Promise<void>> {
  const server = createServer((_, response) => response.end("served by the test\n"));
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
