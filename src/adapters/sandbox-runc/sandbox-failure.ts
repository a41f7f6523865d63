import { EnvironmentError } from "../../errors/layerwright-error.js";
import { systemError } from "../host/disk-calls.js";

/** Does what needs the machine's disk and processes; where the machine refuses, `SANDBOX_FAILED` says what failed. */
export async function orSandboxFailed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    if (code === "EMFILE" || code === "ENFILE") throw systemError(error);
    const reason = (error as Error).message;
    throw new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what, cause: error });
  }
}
