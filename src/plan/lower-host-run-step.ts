import type { HostRunStep } from "../image/nodes.js";
import type { Lowering } from "./lower.js";
import type { HostRunOperation } from "./operation.js";

/** Lowers a host command: it sees nothing of the image's config. */
export function lowerHostRunStep(
  { command, env, key, tools, origin }: HostRunStep,
  lowering: Lowering,
): HostRunOperation {
  const place = lowering.place(origin);
  return {
    op: "hostRun",
    command,
    ...(env === undefined ? {} : { env }),
    ...(key === undefined ? {} : { key }),
    ...(tools === undefined ? {} : { tools }),
    ...(place === undefined ? {} : { origin: place }),
  };
}
