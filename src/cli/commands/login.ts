import type { Command } from "commander";
import { examples } from "../examples.js";
import { loginInput } from "../login-input.js";
import { readRegistry } from "../registry-operand.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";
import { UsageError } from "../usage-error.js";

interface LoginFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** `layerwright login`: the credential of a registry, kept where Docker keeps it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[registry]", "the host of the registry, with a port where it has one (default: docker.io)")
    .option("-u, --username <name>", "the user name")
    .option("--password-stdin", "read the password or access token from standard input");
  examples(command, [
    "layerwright login ghcr.io -u acme --password-stdin < token.txt",
    "layerwright login localhost:5000",
  ]);
  act(command, shell, run);
}

async function run(
  session: Session,
  [registry]: readonly string[],
  { username, passwordStdin }: LoginFlags,
): Promise<Report> {
  const domain = readRegistry(registry);
  const words = await loginInput(session, username, passwordStdin === true);
  const { login, loginProblem } = await import("../../api/login.js");
  const reason = loginProblem(words.username, words.password);
  if (reason !== undefined)
    throw new UsageError("LOGIN_INVALID", { registry: domain, reason }, { subject: domain });
  const result = await login(domain, words, { signal: session.signal });
  const { file, helper } = result;
  return {
    json: { ...result, helper: helper ?? null },
    text: (paint) =>
      (result.checked
        ? `logged in to ${paint.bold(domain)} as ${result.username}\n`
        : `kept the login of ${result.username} for ${paint.bold(domain)}; it could not be checked: the registry is open to all and asks for none\n`) +
      (helper === undefined
        ? `the password is in ${file}, unencrypted and readable for you alone; a credential helper would lock it away\n`
        : `the password is with the credential helper ${helper}\n`),
  };
}
