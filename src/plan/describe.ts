import { assertNever } from "../core/assert-never.js";
import type { Mode } from "../image/mode.js";
import type { Owner } from "../image/owner.js";
import type { Operation, PlanSource } from "./operation.js";

/** A mode as chmod(1) takes it. */
export function modeText(mode: Mode): string {
  return "octal" in mode ? `0${mode.octal.toString(8).padStart(3, "0")}` : mode.symbolic;
}

/** An owner as chown(1) takes it. */
export function ownerText(owner: Owner): string {
  return owner.group === undefined ? `${owner.user}` : `${owner.user}:${owner.group}`;
}

/** A source in a few words. */
export function sourceText(source: PlanSource): string {
  if (source.from === "stage") return `${source.path} of another stage`;
  return source.context === undefined ? source.path : `${source.path} of ${source.context}`;
}

/** The command of a run on one line, shortened: it is for people, never for a shell. */
export function commandText(command: string | readonly string[], limit = 80): string {
  const text = typeof command === "string" ? command.trim().replace(/\s+/g, " ") : JSON.stringify(command);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** An operation in a few words of the user's own terms: history, records and progress lines use them. */
export function describeOperation(operation: Operation): string {
  switch (operation.op) {
    case "copy": {
      const verb = operation.executable === true ? "binary" : "copy";
      const into = operation.into && operation.dest !== "/" ? "/" : "";
      return `${verb} ${operation.sources.map(sourceText).join(" ")} ${operation.dest}${into}`;
    }
    case "write":
    case "mkdir":
    case "remove":
      return `${operation.op} ${operation.path}`;
    case "symlink":
      return `symlink ${operation.path} -> ${operation.target}`;
    case "chmod":
      return `chmod ${modeText(operation.mode)} ${operation.path}`;
    case "chown":
      return `chown ${ownerText(operation.owner)} ${operation.path}`;
    case "add":
      return `add ${redactUrl(operation.url)} ${operation.dest}`;
    case "hostRun":
      return `hostRun ${"function" in operation.command ? "a function" : commandText(operation.command)}`;
    case "run":
      return `run ${commandText(operation.command)}`;
    default:
      return assertNever(operation);
  }
}

/** An URL without user, password, query and fragment, any of which may be a secret. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1").replace(/[?#].*$/s, "");
}
