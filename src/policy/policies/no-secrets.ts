import { secretFile } from "../../analyze/secrets/secret-file.js";
import { canBeSecret, isSecretName, secretIn } from "../../analyze/secrets/secret-text.js";
import { namePattern } from "../../core/glob.js";
import { originText } from "../../errors/origin.js";
import { beginCall } from "../../image/call.js";
import type { ConfigChange } from "../../plan/config.js";
import type { Operation } from "../../plan/operation.js";
import type { Plan } from "../../plan/plan.js";
import { readTexts } from "../limit.js";
import { makePolicy, type Policy, type PolicyFinding, type PolicyOptions } from "../policy.js";

/** What `noSecrets` looks at. */
export interface NoSecretsOptions extends PolicyOptions {
  /** Names of variables, and absolute paths or patterns of files, that are known to hold none. @default - none */
  readonly allow?: readonly string[];
  /** True when the files of the built layers are looked at, also of those of the base. @default - true */
  readonly layers?: boolean;
}

const MOUNT = 'mount it into the command that needs it: run(…, { mounts: [{ type: "secret", id: "…" }] })';

/**
 * No secret is in an image, nor in what it is made of: `NO_SECRETS`. Looked at are names and values of variables, labels,
 * commands, contents that the description writes, names of files that are copied, and the files of all built layers,
 * also those that a later layer removes. What looks like a secret is told by its name and kind, never by its value.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, noSecrets } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n").env("TOKEN_FILE", "/run/secrets/token");
 * export default new Catalog("acme", { app }, { policies: [noSecrets({ allow: ["/usr/share/**"] })] });
 * ```
 */
export function noSecrets(options: NoSecretsOptions = {}): Policy {
  const call = beginCall("noSecrets");
  const { allow = [], layers = true, ...rest } = options;
  const matchers = readTexts(call, "allowed names", allow).map(namePattern);
  const isAllowed = (name: string) => matchers.some((matches) => matches(name));
  const inPlan = (plan: Plan) => [...planSecrets(plan, isAllowed)];
  return makePolicy(
    call,
    "NO_SECRETS",
    {
      plan: ({ plan }) => inPlan(plan),
      needsBuilt: () => layers,
      built: ({ plan, built, originOf }) => {
        // A line that the plan told of is told once.
        const told = new Set(inPlan(plan).map(({ origin }) => origin && originText(origin)));
        return built.secrets
          .filter(({ path, origin }) => !isAllowed(path) && !(origin && told.has(originText(origin))))
          .map(({ path, what, inherited, origin }) => ({
            message: `${path} looks like ${what}${inherited ? ", and comes with the base" : ""}`,
            fix: inherited ? "choose a base without it, or allow the path" : `leave it out; ${MOUNT}`,
            origin: origin ?? originOf("cmd"),
          }));
      },
    },
    rest,
  );
}

type IsAllowed = (name: string) => boolean;

function* planSecrets({ stages }: Plan, isAllowed: IsAllowed): Iterable<PolicyFinding> {
  for (const { config, layers } of stages) {
    for (const change of config) yield* changeSecrets(change, isAllowed);
    for (const operation of layers.flatMap(({ operations }) => operations)) {
      yield* operationSecrets(operation, isAllowed);
    }
  }
}

function* changeSecrets(change: ConfigChange, isAllowed: IsAllowed): Iterable<PolicyFinding> {
  if (!("name" in change) || isAllowed(change.name)) return;
  const { set, name, value, origin } = change;
  const what = secretIn(value) ?? (set === "env" ? namedSecret(name, value) : undefined);
  if (what === undefined) return;
  yield {
    message: `the ${set === "env" ? "variable" : set} ${name} holds ${what}, for everybody who has the image`,
    fix:
      set === "env"
        ? "give it when a container starts; for a command of the build, as a secret mount"
        : "leave it out",
    origin,
  };
}

function* operationSecrets(operation: Operation, isAllowed: IsAllowed): Iterable<PolicyFinding> {
  const { origin } = operation;
  if (operation.op === "run") {
    const { command, stepEnv = {} } = operation;
    for (const [name, value] of Object.entries(stepEnv)) {
      const what = isAllowed(name) ? undefined : (secretIn(value) ?? namedSecret(name, value));
      if (what !== undefined)
        yield { message: `the variable ${name} of a command holds ${what}`, fix: MOUNT, origin };
    }
    const what = secretIn(typeof command === "string" ? command : command.join("\n"));
    if (what !== undefined) yield { message: `a command holds ${what}`, fix: MOUNT, origin };
  }
  if (operation.op === "write" && !isAllowed(operation.path)) {
    const told = secretFile(operation.path);
    const what =
      secretIn(operation.contents.text ?? "") ??
      (told !== undefined && "sure" in told ? told.sure : undefined);
    if (what !== undefined)
      yield { message: `${operation.path} is written with ${what}`, fix: MOUNT, origin };
  }
  if (operation.op === "copy") {
    for (const { from, path } of operation.sources) {
      const told = from === "context" && !isAllowed(`/${path}`) ? secretFile(path) : undefined;
      if (told === undefined || !("sure" in told)) continue;
      yield {
        message: `${path} is copied, and looks like ${told.sure}`,
        fix: `leave it out; ${MOUNT}`,
        origin,
      };
    }
  }
}

function namedSecret(name: string, value: string): string | undefined {
  return isSecretName(name) && canBeSecret(value) ? "a secret by its name" : undefined;
}
