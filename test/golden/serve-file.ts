import { createServer, type Server } from "node:http";

/** The port that the case `add-url` names. */
const PORT = 18573;

/** Serves the one file that the case with `add` fetches. */
export async function serveFile(): Promise<() => Promise<void>> {
  const server: Server = createServer((_, response) => response.end("served by the test\n"));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(PORT, "127.0.0.1", resolve);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
