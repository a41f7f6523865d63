import type { Origin } from "../../errors/origin.js";
import type { ConfigChange } from "../../plan/config.js";
import type { Plan, Stage } from "../../plan/plan.js";

/** The user's line that set a field of the config last, in the image or in one that it is based on. */
export function originOfConfig({ stages }: Plan, field: string, key: string | undefined): Origin | undefined {
  let stage: Stage | undefined = stages.at(-1);
  while (stage !== undefined) {
    const change = stage.config.findLast((it) => {
      const [name, part] = target(it);
      return name === field && part === key;
    });
    if (change !== undefined) return change.origin;
    const { base }: Stage = stage;
    stage = base.kind === "stage" ? stages.find(({ id }) => id === base.stage) : undefined;
  }
  return undefined;
}

/** The field of the document that a change sets, and the name in it. */
function target(change: ConfigChange): readonly [field?: string, key?: string] {
  switch (change.set) {
    case "env":
      return ["Env", change.name];
    case "label":
      return ["Labels", change.name];
    case "annotation":
      // Annotations are in the manifest.
      return [];
    case "workdir":
      return ["WorkingDir"];
    case "user":
      return ["User"];
    case "entrypoint":
      return ["Entrypoint"];
    case "cmd":
      return ["Cmd"];
    case "expose":
      return ["ExposedPorts", change.port];
    case "volume":
      return ["Volumes", change.path];
    case "stopSignal":
      return ["StopSignal"];
    case "healthcheck":
      return ["Healthcheck"];
    case "shell":
      return ["Shell"];
  }
}
