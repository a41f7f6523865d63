import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/**
 * The Chromium of this machine, or the reason to skip a test that needs one. Where everything is promised (CI) a missing
 * one throws instead: there, a skipped test would pass for a made one.
 */
export async function browserOrSkipReason(): Promise<Browser | string> {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const executablePath = folders
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (executablePath === undefined) {
    const reason = `no ${NAMES.join(", ")} in PATH: apt-get install chromium`;
    if (process.env.CI) throw new Error(reason);
    return reason;
  }
  // As root, as a container of a CI often is, Chromium's own sandbox does not start.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
