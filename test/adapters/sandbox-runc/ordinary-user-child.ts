import { join } from "node:path";
import { RuncSandbox } from "../../../src/adapters/sandbox-runc/runc-sandbox.js";
import { buildIn } from "../../fixtures/sandbox-build.js";
import { caseFolder, caseImage } from "../../golden/golden-cases.js";
import { listingText } from "../../golden/listing-text.js";

/** Builds cases as the user that it runs as, and prints what they became as JSON. */
const [work = "", ...names] = process.argv.slice(2);
const sandbox = new RuncSandbox({ folder: join(work, "sandbox") });
const texts: Record<string, string> = {};
try {
  await sandbox.check("true", 1);
  for (const name of names) {
    const context = caseFolder(name);
    const { listing, inherited } = await buildIn(await caseImage(name), { sandbox, context, work });
    texts[name] = listingText(listing, inherited);
  }
} finally {
  await sandbox.close();
}
process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), texts })}\n`);
