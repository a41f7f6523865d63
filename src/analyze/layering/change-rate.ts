import { assertNever } from "../../core/assert-never.js";
import type { CopyOperation, Operation } from "../../plan/operation.js";
import { packageManagers } from "../../plan/passes/leftovers.js";
import type { Layer } from "../../plan/plan.js";

/**
 * How likely a layer is another one at the next update of its image: 0 to 1. Nobody can know; what counts is the order,
 * from what a digest names to what people edit every day. Fixed figures, so that a decision depends on the description
 * alone and never on when it is taken.
 */
export function changeRate({ operations }: Layer): number {
  const stays = operations.reduce((product, operation) => product * (1 - operationRate(operation)), 1);
  return Math.round((1 - stays) * 1e6) / 1e6;
}

const RATE = { named: 0.01, packages: 0.05, dependencies: 0.1, settings: 0.15, command: 0.3, files: 0.5 };

/** Folders whose content a lock file decides. */
const DEPENDENCIES =
  /(^|\/)(node_modules|vendor|site-packages|\.venv|venv|gems|bundle|deps|\.m2|third_party)(\/|$)/;

/** Files that are part of a system rather than of an application. */
const SYSTEM =
  /(^|\/)(certs?|certificates|ca-certificates|ssl|zoneinfo|locale|fonts)(\/|$)|\.(crt|pem|ttf|otf)$/;

function operationRate(operation: Operation): number {
  switch (operation.op) {
    case "copy":
      return copyRate(operation);
    case "add":
      return RATE.named;
    case "run":
      return isInstall(operation.command) ? RATE.packages : RATE.command;
    case "hostRun":
      return RATE.command;
    case "mkdir":
    case "symlink":
    case "remove":
    case "chmod":
    case "chown":
      return RATE.named;
    case "write":
      return RATE.settings;
    default:
      return assertNever(operation);
  }
}

function copyRate({ sources, dest }: CopyOperation): number {
  const paths = [...sources.map(({ path }) => path), dest];
  if (paths.some((path) => DEPENDENCIES.test(path))) return RATE.dependencies;
  return paths.some((path) => SYSTEM.test(path)) ? RATE.packages : RATE.files;
}

function isInstall(command: string | readonly string[]): boolean {
  const text = typeof command === "string" ? command : command.join(" ");
  return packageManagers.some(({ installs }) => installs.test(text)) || /\bapk\s+add\b/.test(text);
}
