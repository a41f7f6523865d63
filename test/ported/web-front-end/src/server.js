import { createReadStream } from "node:fs";
import { createServer } from "node:http";

const { PORT, HOSTNAME } = process.env;
createServer((_, response) => createReadStream(".next/static/chunks/page.js").pipe(response)).listen(
  PORT,
  HOSTNAME,
);
