import { ask } from "./ask.js";
import type { Session } from "./session.js";
import { UsageError } from "./usage-error.js";

/** Who logs in. */
export interface LoginWords {
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
export async function loginInput(
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
