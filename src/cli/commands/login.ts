import type { Command } from "commander";
import { shownText } from "../../core/shown-text.js";
import { UsageError } from "../option-value.js";
import { readRegistry } from "../registry-operand.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";

interface LoginFlags {
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** `layerwright login`: the credential of a registry, kept where Docker keeps it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[registry]", "registry host, with port if any (default: docker.io)")
    .option("-u, --username <name>", "user name")
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
  const { login, loginProblem } = await import("../../api/registry.js");
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

/** Who logs in. */
interface LoginWords {
  readonly username: string;
  readonly password: string;
}

/** Bytes of a password at most; tokens have thousands, and a whole file is a mistake. */
const MAX_PASSWORD = 1 << 16;

/**
 * The name and password of a login: the name from its option, the password from standard input alone, since the words
 * of a command can be read by everybody on the machine and stay in the shell's history. A terminal is asked.
 *
 * @throws {UsageError} LOGIN_INPUT_MISSING
 */
async function loginInput(
  session: Session,
  username: string | undefined,
  fromInput: boolean,
): Promise<LoginWords> {
  const { stdin, stderr } = process;
  const terminal = stdin.isTTY === true && typeof stdin.setRawMode === "function";
  const places = { input: stdin, output: stderr };
  const question = (text: string, secret: boolean) => ask(text, { secret, places, signal: session.signal });
  const name = username ?? (terminal ? await question("User name: ", false) : undefined);
  if (name === undefined) refuse("user name", "name it with --username NAME");
  if (terminal) return { username: name, password: await question("Password: ", true) };
  if (!fromInput) {
    refuse("password", "pipe it in: `layerwright login -u NAME --password-stdin < token.txt`");
  }
  return { username: name, password: await readPassword(stdin) };
}

function refuse(missing: string, remedy: string): never {
  throw new UsageError("LOGIN_INPUT_MISSING", { missing, remedy }, { subject: missing });
}

/** All of standard input, but for the line break that `echo` and editors put at the end. */
async function readPassword(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_PASSWORD)
      refuse("password", `pipe in the password alone: more than ${MAX_PASSWORD} bytes came`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

/** Where a question is asked, and the terminal that its answer is typed on. */
interface AskPlaces {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}

const ENTER = new Set(["\r", "\n"]);
const RUB_OUT = new Set(["\x7f", "\b"]);
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
/** Arrow keys and the like, and the marks around what is pasted: more than one character, and none of the answer. */
const KEY_SEQUENCES = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;

/**
 * Asks for a line on a terminal, whose own echo is off: what is typed is shown only where it is no secret. Ctrl-C
 * interrupts this process, as it does outside of a question.
 */
export function ask(
  question: string,
  { secret, places, signal }: { secret: boolean; places: AskPlaces; signal: AbortSignal },
): Promise<string> {
  const { input, output } = places;
  return new Promise((resolve, reject) => {
    let answer = "";
    const end = (settle: () => void): void => {
      input.off("data", onData).off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    const onEnd = (): void => end(() => resolve(answer));
    const onData = (typed: string | Buffer): void => {
      const keys = [...String(typed).replace(KEY_SEQUENCES, "")];
      for (const [index, key] of keys.entries()) {
        if (ENTER.has(key) || (key === CTRL_D && answer === "")) {
          // What was typed ahead is for the next question.
          const rest = keys.slice(index + 1).join("");
          end(() => resolve(answer));
          if (rest !== "") input.unshift(rest);
          return;
        }
        if (key === CTRL_C) {
          process.kill(process.pid, "SIGINT");
          return;
        }
        if (RUB_OUT.has(key)) {
          if (!secret && answer !== "") output.write("\b \b");
          answer = [...answer].slice(0, -1).join("");
        } else if (key === CTRL_U) {
          if (!secret) output.write("\b \b".repeat([...answer].length));
          answer = "";
        } else if (key >= " ") {
          answer += key;
          if (!secret) output.write(key);
        }
      }
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    output.write(shownText(question));
    input.setRawMode(true);
    input.setEncoding("utf8").on("data", onData).once("end", onEnd);
    signal.addEventListener("abort", onAbort, { once: true });
    input.resume();
  });
}
