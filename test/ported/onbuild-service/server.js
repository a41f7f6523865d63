import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import isOdd from "is-odd";

const greeting = readFileSync(new URL("data/greeting.txt", import.meta.url), "utf8");
createServer((_, response) => response.end(`${greeting.trim()} ${isOdd(3)}\n`)).listen(8888);
