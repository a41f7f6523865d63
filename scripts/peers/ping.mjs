// Exits 0 when every docker socket named on the command line answers its ping.
import { request } from "node:http";

const answers = (socketPath) =>
  new Promise((resolve) => {
    const ping = request({ socketPath, path: "/_ping", timeout: 1000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy());
    ping.on("error", () => resolve(false));
    ping.end();
  });

const all = await Promise.all(process.argv.slice(2).map(answers));
process.exit(all.every(Boolean) ? 0 : 1);
