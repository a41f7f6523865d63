import type { RunStep } from "../image/nodes.js";
import type { Lowering } from "./lower.js";
import { lowerSource } from "./lower-source.js";
import type { PlanMount, RunOperation } from "./operation.js";
import { resolveInState, type StageState } from "./stage-state.js";

/** Lowers a run step together with all the state that its command sees. */
export function lowerRunStep(step: RunStep, state: StageState, lowering: Lowering): RunOperation {
  const origin = lowering.place(step.origin);
  const workdir =
    step.workdir !== undefined
      ? resolveInState(state, step.workdir, step.origin)
      : state.ownWorkdir
        ? state.workdir
        : undefined;
  const user = step.user ?? state.user;
  const mounts = step.mounts?.map(
    (mount): PlanMount =>
      mount.type === "bind" ? { ...mount, source: lowerSource(mount.source, lowering, step.origin) } : mount,
  );
  return {
    op: "run",
    command: step.command,
    shell: state.shell,
    env: state.env,
    ...(step.env === undefined ? {} : { stepEnv: step.env }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(user === undefined ? {} : { user }),
    ...(step.keepLeftovers === true ? { keepLeftovers: true } : {}),
    ...(step.network === undefined ? {} : { network: step.network }),
    ...(mounts === undefined ? {} : { mounts }),
    ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
    ...(origin === undefined ? {} : { origin }),
  };
}
