import { secretFile } from "../analyze/secrets/find-secrets.js";
import { canBeSecret, isSecretName, secretIn, sureSecretIn } from "../analyze/secrets/secret-text.js";
import { namePattern } from "../core/glob.js";
import { PlanError } from "../errors/layerwright-error.js";
import { originText } from "../errors/origin.js";
import { beginCall } from "../image/call.js";
import type { ConfigChange } from "../plan/config.js";
import type { CopyOperation, Operation } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import type { FileSource, SourceEntry } from "../ports/file-source.js";
import { readFileNodeNow } from "../rootfs/read-node.js";
import { makePolicy, type Policy, type PolicyFinding, type PolicyOptions, readTexts } from "./policy.js";

/** Options of `noSecrets`. */
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

/** The code of the findings that a suppression lets stand here: that of the policy `noSecrets`, which sees more. */
const FINDING = "NO_SECRETS";

/** Larger files are no logins and no keys. */
const MAX_BYTES = 64 * 1024;
/** Files that are looked into for one image. */
const MAX_FILES = 500;

/** Names of files that hold logins and keys. */
const TELLTALE =
  /(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|[._]netrc|\.git-credentials|\.dockercfg|\.docker\/config\.json|\.aws\/credentials|\.env(?:\.[^/]+)?|id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[^/]+\.(?:pem|key))$/i;

/** Places where packages and tests keep keys that are known to everybody. */
const PUBLIC =
  /(?:^|\/)(?:node_modules|vendor|site-packages|testdata|tests?|fixtures|__tests__|examples?)\//i;

/**
 * Refuses a plan that puts a secret into an image, or into the text that describes it: in variables, labels, commands and
 * their arguments, contents that are written, and small files of telltale names that are copied. Only what has the
 * shape of a secret beyond doubt; `image.suppress("NO_SECRETS", reason)` lets it stand.
 *
 * @throws {PlanError} SECRET_IN_IMAGE
 */
export function refuseSecrets(plan: Plan, files: FileSource): void {
  if (plan.suppressed?.includes(FINDING)) return;
  let left = MAX_FILES;
  for (const { config, layers } of plan.stages) {
    for (const change of config) judge(changeText(change), changeName(change), change.origin);
    for (const operation of layers.flatMap(({ operations }) => operations)) {
      for (const [where, text] of operationTexts(operation)) judge(text, where, operation.origin);
      if (operation.op !== "copy") continue;
      for (const [path, entry] of telltales(operation, files)) {
        if (left-- === 0) return;
        judge(textOf(entry), `the copied file ${path}`, operation.origin);
      }
    }
  }
}

function judge(text: string, where: string, origin: Operation["origin"]): void {
  const what = sureSecretIn(text) ?? loginIn(text, where);
  if (what === undefined) return;
  throw new PlanError("SECRET_IN_IMAGE", { where, what }, { subject: where, origin });
}

/** Logins that have no shape of their own, in files that hold nothing else. */
function loginIn(text: string, where: string): string | undefined {
  if (/(?:config\.json|\.dockercfg)$/.test(where) && /"(?:auth|identitytoken)"\s*:\s*"[^"\s]{8}/.test(text))
    return "a login of a registry";
  if (/[._]netrc$/.test(where) && /\bpassword\s+[^\s$]/.test(text)) return "a login";
  if (/\.git-credentials$/.test(where) && /:\/\/[^\s/:@]+:[^\s/@]+@/.test(text)) return "a login of git";
  return undefined;
}

function changeName(change: ConfigChange): string {
  if (change.set === "env") return `the variable ${change.name}`;
  return "name" in change ? `the ${change.set} ${change.name}` : `the ${change.set} of the image`;
}

function changeText({ origin: _, ...change }: ConfigChange): string {
  if ("name" in change) return `${change.name}=${change.value}`;
  return Object.values(change)
    .flat()
    .filter((value) => typeof value === "string")
    .join(" ");
}

function* operationTexts(operation: Operation): Iterable<readonly [where: string, text: string]> {
  if (operation.op === "run") {
    const { command, stepEnv = {} } = operation;
    for (const [name, value] of Object.entries(stepEnv))
      yield [`the variable ${name} of a command`, `${name}=${value}`];
    yield ["a command", typeof command === "string" ? command : command.join(" ")];
  }
  if (operation.op === "write") yield [operation.path, operation.contents.text ?? ""];
}

/** The small files of a copy whose names say that a secret may be in them. */
function* telltales(
  operation: CopyOperation,
  files: FileSource,
): Iterable<readonly [path: string, entry: SourceEntry]> {
  for (const source of operation.sources) {
    if (source.from !== "context") continue;
    for (const match of files.list(source.context, source.path, operation.exclude ?? [])) {
      for (const entry of match.entries) {
        if (entry.type !== "file" || entry.size === 0 || entry.size > MAX_BYTES) continue;
        const path = [match.path, entry.path].filter((part) => part !== "" && part !== ".").join("/");
        if (TELLTALE.test(path) && !PUBLIC.test(path)) yield [path, entry];
      }
    }
  }
}

function textOf({ size, mode, host }: SourceEntry): string {
  const node = { type: "file", mode, uid: 0, gid: 0, mtime: 0, size, content: host } as const;
  return Buffer.from(readFileNodeNow(node)).toString("latin1");
}
