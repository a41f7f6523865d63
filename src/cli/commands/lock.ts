import { type Command, Option } from "commander";
import { entryText } from "../../lock/lock-needs.js";
import type { LockResult } from "../../project/lock.js";
import { shownLock } from "../../project/lock-file.js";
import { examples } from "../examples.js";
import { exitCodes } from "../exit-codes.js";
import { changeName, changesText } from "../lock-report.js";
import { openCatalog } from "../open-catalog.js";
import type { Paint } from "../paint.js";
import { withProgress } from "../progress.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";
import { UsageError } from "../usage-error.js";

interface LockCommandFlags {
  readonly lock?: string;
  /** Names; true when there are none. */
  readonly update?: readonly string[] | true;
  readonly check?: boolean;
  readonly packages?: boolean;
  readonly store?: string;
}

/** `layerwright lock`: what the images take from outside, by digest. */
export function define(command: Command, shell: Shell): void {
  command
    .option("--update [names...]", "look up again what tags name: all, or what these names mean")
    .option("--check", "write nothing; exit with 6 when something is missing or unused")
    .option("--packages", "fetch the layers of bases that changed, to say which packages did")
    .option("--lock <file>", "the lock (default: layerwright.lock.json beside the catalog)")
    .addOption(new Option("--store <folder>", "the folder of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright lock",
    "layerwright lock --update",
    "layerwright lock --update debian --packages",
    "layerwright lock --update layers               # decides anew what squash auto becomes",
    "layerwright lock --update encoders             # takes what this runtime compresses layers with",
    "layerwright lock --check",
  ]);
  act(command, shell, lock);
}

async function lock(session: Session, _: readonly string[], flags: LockCommandFlags): Promise<Report> {
  if (flags.check === true && flags.update !== undefined) {
    const reason = "--check writes nothing, so --update cannot be with it";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright lock",
    });
  }
  const project = await openCatalog(session, []);
  const { lockProject } = await import("../../project/lock.js");
  const result = await withProgress(session, (progress) =>
    lockProject(project, {
      signal: session.signal,
      ...(progress === undefined ? {} : { progress }),
      ...(flags.lock === undefined ? {} : { lock: flags.lock }),
      ...(flags.update === undefined ? {} : { update: flags.update }),
      ...(flags.check === undefined ? {} : { check: flags.check }),
      ...(flags.packages === undefined ? {} : { packages: flags.packages }),
      ...(flags.store === undefined ? {} : { store: flags.store }),
    }),
  );
  return flags.check === true ? checkReport(result) : writeReport(result);
}

function writeReport({ path, changes, written }: LockResult): Report {
  const place = shownLock(path);
  return {
    json: { lock: path, written, changes },
    quiet: changes.map((change) => `${changeName(change)}\n`).join(""),
    text: (paint) =>
      written
        ? `${changesText(changes, paint)}written to ${paint.cyan(place)}\n`
        : `${paint.cyan(place)} is up to date\n`,
  };
}

function checkReport({ path, missing, unused }: LockResult): Report {
  const complete = missing.length + unused.length === 0;
  const lines = (paint: Paint) => [
    ...missing.map((entry) => `${paint.yellow("missing")}  ${entryText(entry)}\n`),
    ...unused.map((entry) => `${paint.yellow("unused")}   ${entryText(entry)}\n`),
  ];
  return {
    json: { lock: path, complete, missing, unused },
    quiet: [...missing, ...unused].map((entry) => `${entryText(entry)}\n`).join(""),
    text: (paint) =>
      complete
        ? `${paint.cyan(shownLock(path))} is up to date\n`
        : `${lines(paint).join("")}run \`layerwright lock\` to write ${paint.cyan(shownLock(path))}\n`,
    exitCode: complete ? exitCodes.ok : exitCodes.lock,
  };
}
