import { PlanError } from "../errors/layerwright-error.js";
import type { PlanMount, RunOperation } from "../plan/operation.js";
import { refuseNotText } from "./copy-source.js";
import { isMountValue, literalPattern } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";

/** The `--network` and `--mount` flags of some commands that become one RUN. */
export function runFlags(draft: StageDraft, runs: readonly RunOperation[]): string[] {
  const [network] = sameOf(runs, "network", (run) => run.network ?? "default");
  const { dialect } = draft.emission;
  if (network !== undefined && network !== "default" && dialect.name === "classic") {
    // Buildah 1.28: "RUN only supports the --mount flag".
    const way = "use the buildkit dialect, or leave the network to the build command (--network)";
    const context = { subject: network, origin: runs[0]?.origin };
    throw new PlanError(
      "DIALECT_CANNOT",
      { what: `network: "${network}"`, dialect: dialect.name, way },
      context,
    );
  }
  return [
    ...(network === undefined || network === "default" ? [] : [`--network=${network}`]),
    ...mountTexts(draft, runs).map((text) => `--mount=${text}`),
  ];
}

/** The mounts of all commands, each once. What two commands see in different ways at one place, one RUN cannot say. */
function mountTexts(draft: StageDraft, runs: readonly RunOperation[]): readonly string[] {
  const texts = new Set<string>();
  const taken = new Map<string, { text: string; run: RunOperation }>();
  for (const run of runs) {
    for (const mount of run.mounts ?? []) {
      const text = mountText(draft, mount, run);
      texts.add(text);
      for (const place of placesOf(mount)) {
        const before = taken.get(place);
        if (before !== undefined && before.run !== run && before.text !== text) {
          throw new PlanError(
            "LAYER_MIXED",
            { what: `mounts at ${place}`, values: [before.text, text] },
            { subject: place, origin: run.origin },
          );
        }
        taken.set(place, { text, run });
      }
    }
  }
  return [...texts];
}

/** Where a command finds what is mounted: a path, a variable or both. */
function placesOf(mount: PlanMount): readonly string[] {
  if (mount.type === "ssh") return [`ssh ${mount.id ?? ""}`];
  if (mount.type !== "secret") return [mount.target];
  const { id, target, env } = mount;
  const variable = env === undefined ? [] : [`the variable ${env}`];
  // With a variable and no target there is no file.
  const path = target ?? (env === undefined ? `/run/secrets/${id}` : undefined);
  return path === undefined ? variable : [path, ...variable];
}

/** The one value that all runs of a layer have, or an error that shows the different ones. */
export function sameOf<T>(
  runs: readonly RunOperation[],
  what: string,
  value: (run: RunOperation) => T,
): [T | undefined] {
  const values = [...new Set(runs.map(value))];
  if (values.length <= 1) return [values[0]];
  const shown = values.map((one) => (one === undefined ? "the base's" : String(one)));
  throw new PlanError("LAYER_MIXED", { what, values: shown }, { subject: what, origin: runs.at(-1)?.origin });
}

function mountText(draft: StageDraft, mount: PlanMount, run: RunOperation): string {
  const { emission } = draft;
  const parts: [string, string | number | boolean | undefined][] = [["type", mount.type]];
  switch (mount.type) {
    case "cache":
      parts.push(["target", mount.target], ["id", mount.id], ["sharing", mount.sharing]);
      break;
    case "tmpfs":
      parts.push(["target", mount.target], ["size", mount.sizeBytes]);
      break;
    case "bind":
      parts.push(...bindParts(draft, mount, run));
      break;
    case "secret":
      if (mount.env !== undefined && !emission.dialect.modern) {
        const what = "a secret in a variable (front end 1.10)";
        throw new PlanError(
          "FRONTEND_TOO_OLD",
          { what, frontend: emission.dialect.frontend },
          { subject: mount.id, origin: run.origin },
        );
      }
      parts.push(
        ["id", mount.id],
        ["target", mount.target],
        ["env", mount.env],
        ["required", mount.required || undefined],
      );
      break;
    case "ssh":
      parts.push(["id", mount.id]);
      break;
  }
  const given = parts.filter((part): part is [string, string | number | boolean] => part[1] !== undefined);
  for (const [name, value] of given) {
    if (isMountValue(String(value))) continue;
    const reason = "has characters that a mount reads as something else";
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: `mount ${name}`, reason },
      { subject: String(value), origin: run.origin },
    );
  }
  return given.map(([name, value]) => `${name}=${value}`).join(",");
}

function bindParts(
  draft: StageDraft,
  mount: Extract<PlanMount, { type: "bind" }>,
  run: RunOperation,
): [string, string | boolean | undefined][] {
  const { emission } = draft;
  const { source } = mount;
  if (source.from === "context") refuseNotText(source, run.origin);
  // A mount does not follow links in a context, so that it names what they lead to.
  const path = (source.from === "context" && source.found?.through?.at(-1)) || source.path;
  const rest: [string, string | boolean | undefined][] = [
    ["source", path],
    ["target", mount.target],
    ["rw", mount.writable || undefined],
  ];
  if (source.from === "stage")
    return [["from", emission.stages.get(source.stage)?.name ?? source.stage], ...rest];
  if (source.context !== undefined) {
    emission.contexts.set(source.context, emission.plan.contexts[source.context] ?? source.context);
    return [["from", source.context], ...rest];
  }
  // A mount has no patterns: what looks like one is a name.
  emission.ignore.use(literalPattern(path), [], run.origin);
  return rest;
}
