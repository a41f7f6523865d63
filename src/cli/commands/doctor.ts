import { type Command, Option } from "commander";
import type { Finding } from "../doctor/check.js";
import {
  checkClients,
  checkCores,
  checkNode,
  checkStore,
  checkTsx,
  checkZstd,
} from "../doctor/check-machine.js";
import { checkCatalog, checkCopies } from "../doctor/check-project.js";
import { checkSandbox } from "../doctor/check-sandbox.js";
import { exitCodes } from "../exit-codes.js";
import { ownFolder } from "../own-package.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { columns } from "../text.js";

/** `layerwright doctor`: whether this machine and project allow what is asked of them. */
export function define(command: Command, shell: Shell): void {
  command.addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, ["layerwright doctor", "layerwright doctor --json"]);
  act(command, shell, doctor);
}

async function doctor(
  { options }: Session,
  _: readonly string[],
  flags: { readonly store?: string },
): Promise<Report> {
  const { defaultStoreFolder } = await import("../../adapters/host/store-folder.js");
  const folder = process.cwd();
  const findings = [
    checkNode(),
    checkTsx(),
    checkCatalog(options.app, folder),
    checkCopies(folder, ownFolder),
    checkStore(flags.store ?? defaultStoreFolder()),
    checkZstd(),
    ...(await checkSandbox(flags.store ?? defaultStoreFolder())),
    checkClients(),
    checkCores(),
  ];
  const failed = findings.some(({ verdict }) => verdict === "fail");
  return {
    json: { ok: !failed, findings },
    quiet: findings
      .filter(({ verdict }) => verdict === "fail")
      .map((it) => `${it.message}\n`)
      .join(""),
    text: (paint) => columns(findings.flatMap((it) => rowsOf(it, paint))),
    exitCode: failed ? exitCodes.found : exitCodes.ok,
  };
}

function rowsOf({ check, verdict, message, fix }: Finding, paint: Paint) {
  const color = { ok: paint.green, warn: paint.yellow, fail: paint.red }[verdict];
  return [
    [{ text: verdict, paint: color }, check, message],
    ...(fix === undefined ? [] : [["", "", { text: `-> ${fix}`, paint: paint.dim }]]),
  ];
}
