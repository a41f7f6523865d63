import { delimiter } from "node:path";
import { SYSTEM_FOLDERS } from "./host-tools.js";

/**
 * What the programs of the sandbox see of this process's environment: where programs are. Its language would change
 * how tar writes names, and variables such as `TAR_OPTIONS` what it writes at all.
 */
export function toolEnv(): NodeJS.ProcessEnv {
  const path = process.env["PATH"] ?? "";
  return {
    PATH: [...path.split(delimiter), ...SYSTEM_FOLDERS].filter((folder) => folder !== "").join(delimiter),
    LC_ALL: "C",
  };
}
