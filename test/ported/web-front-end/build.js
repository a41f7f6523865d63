import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { minify } from "terser";

const { code } = await minify(readFileSync("src/page.js", "utf8"), { toplevel: true });
mkdirSync(".next/standalone", { recursive: true });
mkdirSync(".next/static/chunks", { recursive: true });
writeFileSync(".next/static/chunks/page.js", code);
copyFileSync("src/server.js", ".next/standalone/server.js");
writeFileSync(".next/standalone/package.json", '{ "type": "module" }\n');
