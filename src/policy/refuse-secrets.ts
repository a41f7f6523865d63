import { sureSecretIn } from "../analyze/secrets/secret-text.js";
import { PlanError } from "../errors/layerwright-error.js";
import { readFileNodeNow } from "../layer/read-node.js";
import type { ConfigChange } from "../plan/config.js";
import type { CopyOperation, Operation } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import type { FileSource, SourceEntry } from "../ports/file-source.js";

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
