import { sha256Hex } from "../../core/bytes.js";
import type { Origin } from "../../errors/origin.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { Platform } from "../../oci/platform.js";
import type { FolderNode } from "../../rootfs/tree.js";
import type { BuildImageOptions } from "../ports.js";
import { applyChanges } from "./apply-changes.js";
import type { Cleaned } from "./command-output.js";
import { type KeptChanges, recallChanges, rememberChanges } from "./remembered-run.js";
import type { RootState } from "./root-chain.js";
import type { RunInputs } from "./run-inputs.js";

import { noteInputs, reasonsToRun, WouldRun } from "./run-inputs.js";
import type { MountContext } from "./run-mounts.js";

/** The surroundings of a command. */
export interface RunContext extends MountContext {
  /** The config of the stage's base. */
  readonly config: RuntimeConfig;
  readonly platform: Platform;
  readonly options: BuildImageOptions;
  /** The last state of the stage that is known; file operations since then are in the draft. */
  readonly root: RootState;
  /** The place of the command: the image's directory and name, the stage, the number of the command in it. */
  readonly place: string;
  /** The steps done to the stage since the last command, for people. */
  readonly since: readonly string[];
  /** Clean-ups that passes added to commands before this one. */
  readonly cleaned?: readonly Cleaned[];
  /** Told the bytes of the layer that a command removed. */
  readonly onFreed?: (bytes: number) => void;
  /** Told when what a command left can be closed. */
  readonly onOpen: (close: () => Promise<void>) => void;
}

/** A command, whoever runs it. */
interface Command {
  /** Its name in progress. */
  readonly label: string;
  readonly progressId: string;
  /** Its name in forecasts. */
  readonly text: string;
  /** All of it, which `rerun` looks at. */
  readonly whole: string;
  readonly origin: Origin | undefined;
  /** The key that it is remembered under; undefined where some input cannot be named. */
  readonly key: string | undefined;
  readonly inputs: RunInputs;
  /** The paths that the sandbox puts into the tree for the time of the command. */
  readonly stubs: Parameters<typeof applyChanges>[1]["stubs"];
  /** Runs it now. */
  run(): Promise<KeptChanges>;
}

/** The outcome of a command. */
interface CarriedOut {
  readonly kept: KeptChanges;
  /** True when it is what this build's own run left; else it was recalled. */
  readonly own: boolean;
  readonly tree: FolderNode;
  /** A name for what it left, where it has one: a command that ran again may leave something else. */
  readonly key: string | undefined;
}

/**
 * Runs a command on a draft, or recalls what it did when nothing that it depends on has changed. A command is one thing
 * for all who share the store: while one of them runs it the others wait, and then take what it left.
 */
export async function carryOut(command: Command, context: RunContext): Promise<CarriedOut> {
  const { state, ports, options, place, onOpen } = context;
  const { store, progress } = ports;
  const { label, progressId: id, key, inputs } = command;
  const again = () => isAskedFor(command, options) && (key === undefined || !options.turns?.ran.has(key));
  const recall = async () => (key === undefined || again() ? undefined : recallChanges(key, store));
  const known = await recall();
  if (options.forecast !== undefined) {
    const reasons = known === undefined ? await reasonsToRun(place, inputs, store) : [];
    options.forecast({ command: command.text, origin: command.origin, runs: known === undefined, reasons });
    if (known === undefined) throw new WouldRun(command.text);
  }
  const apply = async (kept: KeptChanges) => {
    onOpen(() => kept.close());
    return applyChanges(state.draft, { ...kept, stubs: command.stubs });
  };
  const finish = (kept: KeptChanges, own: boolean): CarriedOut => {
    progress?.report({ kind: "finish", id, label, cached: !own });
    const left = key === undefined ? undefined : sha256Hex(`${key}\n${kept.digest}`);
    return { kept, own, tree: state.draft.snapshot(), key: left };
  };
  const take = async (kept: KeptChanges) => {
    progress?.report({ kind: "start", id, label });
    await apply(kept);
    return finish(kept, false);
  };
  const runOrTake = async (): Promise<CarriedOut> => {
    const meanwhile = await recall();
    if (meanwhile !== undefined) return take(meanwhile);
    progress?.report({ kind: "start", id, label });
    const kept = await command.run();
    // Two that could not see each other ran it: what is recorded counts, since others stand on it already.
    const first = await recall();
    if (first !== undefined) {
      await kept.close();
      await apply(first);
      return finish(first, false);
    }
    const unchanged = await apply(kept);
    if (key !== undefined) {
      await rememberChanges(key, kept, unchanged, store);
      options.turns?.ran.add(key);
    }
    return finish(kept, true);
  };
  const onWait = () => progress?.report({ kind: "wait", id, label });
  const wait = { signal: options.signal, onWait };
  let done: CarriedOut;
  if (known !== undefined) done = await take(known);
  else done = await (key === undefined ? runOrTake() : store.alone(`command ${key}`, runOrTake, wait));
  if (options.forecast === undefined) await noteInputs(place, inputs, store);
  return done;
}

/** True when a command is to run whatever is remembered of it. */
function isAskedFor({ whole }: Command, { cache, rerun }: RunContext["options"]): boolean {
  return cache === false || rerun?.(whole) === true;
}
