import { createServer } from "node:http";
import { greet } from "greeting";
import isOdd from "is-odd";

createServer((_, response) => response.end(`${greet("world")} ${isOdd(3)}\n`)).listen(3000);
