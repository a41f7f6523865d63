import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLayerwrightError } from "layerwright";
import { expect } from "vitest";

/** The text that a synthesis gives, or the code that it refuses with. */
export async function textOrRefusal(make: () => string | Promise<string>): Promise<string> {
  try {
    return await make();
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    return `# refused: ${error.code}\n`;
  }
}

/** Compares text with the checked file of a case; `UPDATE_GOLDEN=1` writes the file instead. */
export function expectGolden(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) throw new Error(`${path} is missing; run the tests with UPDATE_GOLDEN=1`);
  expect(text).toBe(readFileSync(path, "utf8"));
}
