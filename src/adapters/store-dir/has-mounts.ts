import { readFileSync, realpathSync } from "node:fs";

/**
 * True when something is mounted in a folder. Such a folder must not be removed: what is mounted there may be a folder
 * of the host, which a tool or function of the user left mounted.
 */
export function hasMounts(folder: string): boolean {
  let table: string;
  let real: string;
  try {
    real = realpathSync(folder);
    table = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return false;
  }
  return table.split("\n").some((line) => {
    const [, , , , point = ""] = line.split(" ");
    const place = point.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(parseInt(digits, 8)),
    );
    return place === real || place.startsWith(`${real}/`);
  });
}
