// Writes docs/errors.md from the catalogue, so that no code is without its line. The test of the docs compares them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorsPage } from "../test/errors-page.js";

const page = fileURLToPath(new URL("../docs/errors.md", import.meta.url));
const text = errorsPage();
let before = "";
try {
  before = readFileSync(page, "utf8");
} catch {
  // The first time there is no page.
}
if (text !== before) writeFileSync(page, text);
