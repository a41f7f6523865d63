import { closestName } from "../../core/closest-name.js";
import type { DescribedImage } from "../../engine/described/described-image.js";
import type { HealthcheckConfig, RuntimeConfig } from "../../oci/image-config.js";
import type { ConfigChange } from "../../plan/config.js";
import { type Failure, failure, placeText, unknowable } from "./subject.js";

/** True when a variable or label must have exactly this text, match this pattern, or only be there. */
export type TextExpectation = string | RegExp | undefined;

/** True when a text is what is asked for. */
export function fits(found: string, asked: TextExpectation): boolean {
  if (asked === undefined) return true;
  return typeof asked === "string"
    ? found === asked
    : new RegExp(asked, asked.flags.replace(/[gy]/g, "")).test(found);
}

/** The variables of an image by name. */
function variablesOf({ Env = [] }: RuntimeConfig): Map<string, string> {
  return new Map(
    Env.map((line) => {
      const cut = line.indexOf("=");
      return cut < 0 ? [line, ""] : [line.slice(0, cut), line.slice(cut + 1)];
    }),
  );
}

type Named = "env" | "label" | "annotation";
const WORDS: Readonly<Record<Named, string>> = { env: "variable", label: "label", annotation: "annotation" };

function namedValues({ config, changes }: DescribedImage, kind: Named): Map<string, string> {
  if (kind === "env") return variablesOf(config);
  if (kind === "label") return new Map(Object.entries(config.Labels ?? {}));
  return new Map(
    changes.flatMap((change) => (change.set === kind ? [[change.name, change.value] as const] : [])),
  );
}

function lastChange(
  image: DescribedImage,
  set: ConfigChange["set"],
  name?: string,
): ConfigChange | undefined {
  return image.changes.findLast(
    (change) => change.set === set && (name === undefined || ("name" in change && change.name === name)),
  );
}

/** True when an image sets a variable, a label or an annotation. */
export function checkNamed(
  image: DescribedImage,
  kind: Named,
  name: string,
  asked: TextExpectation,
): Failure | undefined {
  const values = namedValues(image, kind);
  const found = values.get(name);
  const change = lastChange(image, kind, name);
  const word = WORDS[kind];
  if (found === undefined) {
    if (image.configUnknown) return unknowable(`the ${word} ${name}`, asked ?? name, image.configUnknown);
    const names = [...values.keys()].sort();
    return failure(`the image has no ${word} ${name}`, undefined, asked ?? name, [
      ["close to it", closestName(name, names)],
      ["it has", names.join(", ")],
    ]);
  }
  if (fits(found, asked)) return undefined;
  return failure(`the ${word} ${name} is ${JSON.stringify(found)}, not ${shown(asked)}`, found, asked, [
    ["set at", placeText(change?.origin)],
  ]);
}

/** True when an image does not set a variable or label. */
export function checkNotNamed(image: DescribedImage, kind: Named, name: string): Failure | undefined {
  const found = namedValues(image, kind).get(name);
  if (found === undefined)
    return image.configUnknown && unknowable(`the ${WORDS[kind]} ${name}`, undefined, image.configUnknown);
  return failure(`the image has the ${WORDS[kind]} ${name}`, found, undefined, [
    ["set at", placeText(lastChange(image, kind, name)?.origin)],
  ]);
}

function shown(asked: TextExpectation): string {
  return asked instanceof RegExp ? String(asked) : JSON.stringify(asked);
}

/** Fields of the config with one value, how steps and messages call them. */
const FIELDS = {
  Entrypoint: ["entrypoint", "entry point"],
  Cmd: ["cmd", "command"],
  User: ["user", "user"],
  WorkingDir: ["workdir", "working directory"],
  StopSignal: ["stopSignal", "stop signal"],
  Shell: ["shell", "shell"],
} as const satisfies Partial<Record<keyof RuntimeConfig, readonly [ConfigChange["set"], string]>>;

/** True when a field of the config is what is asked for; undefined asks that there is none. */
export function checkField(
  image: DescribedImage,
  field: keyof typeof FIELDS,
  asked: string | readonly string[] | undefined,
): Failure | undefined {
  const [set, word] = FIELDS[field];
  const found = image.config[field] || undefined;
  const change = lastChange(image, set);
  const isSet = change !== undefined || (field === "Cmd" && lastChange(image, "entrypoint") !== undefined);
  if (!isSet && image.configUnknown)
    return unknowable(`the ${word} of the image`, asked, image.configUnknown);
  if (JSON.stringify(found) === JSON.stringify(asked)) return undefined;
  const what = found === undefined ? `the image has no ${word}` : `the ${word} is ${JSON.stringify(found)}`;
  const instead =
    asked === undefined
      ? ""
      : found === undefined
        ? ` ${JSON.stringify(asked)}`
        : `, not ${JSON.stringify(asked)}`;
  return failure(`${what}${instead}`, found, asked, [["set at", placeText(change?.origin)]]);
}

/** True when containers run as somebody else than root. */
export function checkNonRoot(image: DescribedImage): Failure | undefined {
  const change = lastChange(image, "user");
  if (change === undefined && image.configUnknown)
    return unknowable("the user of the image", "not root", image.configUnknown);
  const user = image.config.User ?? "";
  const [name] = user.split(":");
  if (name !== "" && name !== "root" && !/^0+$/.test(name!)) return undefined;
  const what = user === "" ? "the image sets no user, so it runs as root" : `the image runs as ${user}`;
  return failure(what, user, "not root", [["set at", placeText(change?.origin)]]);
}

/** True when ports or volumes are declared. */
export function checkDeclared(
  image: DescribedImage,
  field: "ExposedPorts" | "Volumes",
  asked: readonly string[],
): Failure | undefined {
  const word = field === "Volumes" ? "volume" : "port";
  const found = Object.keys(image.config[field] ?? {});
  const missing = asked.filter((one) => !found.includes(one));
  if (missing.length === 0) return undefined;
  if (image.configUnknown)
    return unknowable(
      `whether the image declares the ${word} ${missing.join(", ")}`,
      asked,
      image.configUnknown,
    );
  return failure(`the image does not declare the ${word} ${missing.join(", ")}`, found, asked, [
    ["it has", found.join(", ")],
  ]);
}

/** True when health is probed, and by this command where one is asked for. */
export function checkHealth(
  image: DescribedImage,
  asked: readonly string[] | undefined,
): Failure | undefined {
  const found: HealthcheckConfig | undefined = image.config.Healthcheck;
  const change = lastChange(image, "healthcheck");
  if (change === undefined && image.configUnknown)
    return unknowable("how health is probed", asked, image.configUnknown);
  const [kind] = found?.Test ?? [];
  const isOn = kind !== undefined && kind !== "NONE";
  if (isOn && (asked === undefined || JSON.stringify(found?.Test) === JSON.stringify(asked)))
    return undefined;
  const what = isOn ? `health is probed by ${JSON.stringify(found?.Test)}` : "the image has no health check";
  return failure(
    asked === undefined || !isOn ? what : `${what}, not ${JSON.stringify(asked)}`,
    found?.Test,
    asked,
    [["set at", placeText(change?.origin)]],
  );
}
