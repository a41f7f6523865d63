import { sha256Hex } from "../../core/sha256.js";
import type { Origin } from "../../errors/origin.js";
import type { FolderNode } from "../../layer/tree-node.js";
import { applyChanges } from "./apply-changes.js";
import { type KeptChanges, recallChanges, rememberChanges } from "./remembered-run.js";
import type { RunContext } from "./run-command.js";
import { noteInputs, reasonsToRun, WouldRun } from "./run-forecast.js";
import type { RunInputs } from "./run-inputs.js";

/** A command, whoever runs it. */
export interface Command {
  /** What it is called in progress. */
  readonly label: string;
  readonly progressId: string;
  /** What it is called in forecasts. */
  readonly text: string;
  /** All of it, which `rerun` looks at. */
  readonly whole: string;
  readonly origin: Origin | undefined;
  /** What it is remembered under; undefined where some input cannot be named. */
  readonly key: string | undefined;
  readonly inputs: RunInputs;
  /** What the sandbox puts into the tree for the time of the command. */
  readonly stubs: Parameters<typeof applyChanges>[1]["stubs"];
  /** Runs it now. */
  run(): Promise<KeptChanges>;
}

/** What a command left. */
export interface CarriedOut {
  readonly kept: KeptChanges;
  readonly tree: FolderNode;
  /** A name for what it left, where it has one: a command that ran again may leave something else. */
  readonly key: string | undefined;
}

/** Runs a command on a draft, or recalls what it did when nothing that it depends on has changed. */
export async function carryOut(command: Command, context: RunContext): Promise<CarriedOut> {
  const { state, ports, options, place, onOpen } = context;
  const { store, progress } = ports;
  const { label, progressId: id, key, inputs } = command;
  const asked = options.cache === false || options.rerun?.(command.whole) === true;
  const again = asked && options.recall !== true;
  const known = key === undefined || again ? undefined : await recallChanges(key, store);
  if (options.forecast !== undefined) {
    const reasons = known === undefined ? await reasonsToRun(place, inputs, store) : [];
    options.forecast({ command: command.text, origin: command.origin, runs: known === undefined, reasons });
    if (known === undefined) throw new WouldRun(command.text);
  }
  progress?.report({ kind: "start", id, label });
  const kept = known ?? (await command.run());
  onOpen(() => kept.close());
  if (options.forecast === undefined) await noteInputs(place, inputs, store);
  const present = kept.present === undefined ? undefined : new Set(kept.present);
  const unchanged = await applyChanges(state.draft, { ...kept, present, stubs: command.stubs });
  if (known === undefined && key !== undefined) await rememberChanges(key, kept, unchanged, store);
  progress?.report({ kind: "finish", id, label, cached: known !== undefined });
  const left = key === undefined ? undefined : sha256Hex(`${key}\n${kept.digest}`);
  return { kept, tree: state.draft.snapshot(), key: left };
}
