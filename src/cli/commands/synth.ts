import type { Command } from "commander";
import type { Shell } from "../session.js";
export function define(_command: Command, _shell: Shell): void {}
