import {
  chmodSync,
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import type { Credential } from "../../ports/registry.js";
import { placeOf, removeDeadTemps, TEMP_PREFIX } from "../host/atomic-file.js";
import { withLock } from "../host/owned-lock.js";
import { newOwnedName } from "../host/owner-mark.js";
import {
  type ConfigFile,
  configPlaces,
  dockerConfigPath,
  encodeAuth,
  parseConfigFile,
  readConfigFile,
} from "./config-file.js";
import {
  type ChosenHelper,
  type DockerCredentialsOptions,
  entryFor,
  helperFor,
  sharedHelpers,
} from "./docker-credentials.js";
import { dockerKey, helperServers, normalHost, parseAuthKey } from "./registry-name.js";

/** A credential that a user may log in with: a bearer token is never kept, it lives for minutes. */
type LoginCredential = Exclude<Credential, { kind: "bearer" }>;

/** The place where a credential was saved. */
interface SavedCredential {
  readonly file: string;
  /** The helper that keeps the secret; without one it is in the file, which is readable for its owner alone. */
  readonly helper: string | undefined;
}

/** The outcome of forgetting a credential. */
interface ErasedCredential {
  readonly file: string;
  readonly erased: boolean;
  /** Files of podman that know the registry too; they are podman's to change. */
  readonly elsewhere: readonly string[];
}

/**
 * Keeps a credential where Docker does: with the helper that its file names for the registry, else in the file.
 *
 * @throws {EnvironmentError} CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_FAILED and their like
 */
export async function saveCredential(
  domain: string,
  credential: LoginCredential,
  options: DockerCredentialsOptions = {},
): Promise<SavedCredential> {
  const file = dockerConfigPath(options);
  const key = dockerKey(domain);
  const helper = helperIn(readConfigFile(file), domain);
  if (helper !== undefined) await (options.helpers ?? sharedHelpers).store(helper, key, credential);
  // What a helper keeps has an empty entry, by which Docker knows that there is something; an old secret goes.
  const entry = helper === undefined ? entryOf(credential) : {};
  await changeConfig(file, ({ text }) => setEntry(text, "auths", key, entry));
  return { file, helper: helper?.helper };
}

/**
 * Forgets the credential of a registry under all names that Docker has for it. Credentials of single namespaces stay.
 *
 * @throws {EnvironmentError} CREDENTIALS_UNWRITABLE, CREDENTIAL_HELPER_FAILED and their like
 */
export async function eraseCredential(
  domain: string,
  options: DockerCredentialsOptions = {},
): Promise<ErasedCredential> {
  const path = dockerConfigPath(options);
  const file = readConfigFile(path);
  const elsewhere = configPlaces(options).filter((place) => place !== path && knows(place, domain));
  if (file === undefined) return { file: path, erased: false, elsewhere };
  const spellings = [...file.auths.keys()].filter((key) => names(key, domain));
  const helper = helperIn(file, domain);
  let erased = spellings.length > 0;
  if (helper !== undefined) {
    const helpers = options.helpers ?? sharedHelpers;
    for (const server of new Set([...helperServers(domain), ...spellings])) {
      if (await helpers.erase(helper, server)) erased = true;
    }
  }
  if (spellings.length > 0) {
    await changeConfig(path, ({ text }) => removeEntries(text, "auths", (key) => names(key, domain)));
  }
  return { file: path, erased, elsewhere };
}

function helperIn(file: ConfigFile | undefined, domain: string): ChosenHelper | undefined {
  return file === undefined ? undefined : helperFor(file, domain);
}

function entryOf(credential: LoginCredential): object {
  if (credential.kind === "identity") return { identitytoken: credential.token };
  return { auth: encodeAuth(credential.username, credential.password) };
}

/** True when a key names the registry as a whole. */
function names(key: string, domain: string): boolean {
  const { host, path } = parseAuthKey(key);
  return host === normalHost(domain) && path === "";
}

function knows(place: string, domain: string): boolean {
  try {
    const file = readConfigFile(place);
    if (file === undefined || helperFor(file, domain) !== undefined) return false;
    return entryFor(file, { domain, path: "" }) !== undefined;
  } catch {
    // What cannot be read is no reason not to log out; whoever needs it will say so.
    return false;
  }
}

/** A change takes milliseconds; only its helper may have to wait for somebody, and that is not done under the lock. */
const PATIENCE_SECONDS = 30;

/**
 * Changes a file of credentials, which is then readable for its owner alone. Other processes that change it in this
 * way wait, and a reader sees the file before or after. Where the file is a link, what it leads to is changed.
 *
 * @throws {EnvironmentError} CREDENTIALS_INVALID, CREDENTIALS_UNREADABLE, CREDENTIALS_UNWRITABLE, CREDENTIALS_LOCKED
 */
export async function changeConfig(
  path: string,
  change: (file: ConfigFile) => string,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<void> {
  try {
    const place = placeOf(path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    const work = async (): Promise<void> => {
      const text = readIfThere(place);
      const changed = change(parseConfigFile(path, text));
      if (changed !== text) replace(place, changed);
    };
    await withLock(`${place}.lock`, path, work, patienceSeconds);
  } catch (error) {
    throw changeError(error, path, patienceSeconds);
  }
}

function readIfThere(place: string): string {
  try {
    return readFileSync(place, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function replace(place: string, text: string): void {
  const folder = dirname(place);
  removeDeadTemps(folder);
  const temp = join(folder, TEMP_PREFIX + newOwnedName());
  try {
    const fd = openSync(temp, "wx", 0o600);
    try {
      keepOwner(fd, place);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // Whatever the umask took away.
    chmodSync(temp, 0o600);
    renameSync(temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}

/** Under sudo, the file of the user stays the user's. */
function keepOwner(fd: number, place: string): void {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined || process.geteuid?.() !== 0 || (stat.uid === 0 && stat.gid === 0)) return;
  fchownSync(fd, stat.uid, stat.gid);
}

function changeError(error: unknown, path: string, seconds: number): unknown {
  if (isLayerwrightError(error)) {
    if (error.code !== "LAYOUT_LOCKED") return error;
    const lock = error.subject ?? `${path}.lock`;
    return new EnvironmentError(
      "CREDENTIALS_LOCKED",
      { path, lock, seconds },
      { subject: path, cause: error },
    );
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new EnvironmentError(
    "CREDENTIALS_UNWRITABLE",
    { path, reason: code },
    { subject: path, cause: error },
  );
}

/** Docker's own indent. */
const DOCKER_INDENT = "\t";

/** The indent of a JSON text; undefined for one on a single line. */
interface Style {
  readonly indent: string;
  readonly newline: string;
}

/**
 * Sets `section[key]` in a JSON text, and leaves every other byte as it is: the file is the user's, and other programs
 * keep in it what this one does not know. An empty text becomes a document.
 */
export function setEntry(text: string, section: string, key: string, value: object): string {
  const whole = ["", "null"].includes(text.trim()) ? "{}" : text;
  const style = styleOf(whole);
  const root = objectAt(whole);
  const found = memberOf(root, section);
  if (found === undefined || whole[found.valueStart] !== "{") {
    return setMember(whole, root, section, { [key]: value }, 1, style);
  }
  return setMember(whole, objectAt(whole, found.valueStart), key, value, 2, style);
}

/** Removes the keys of a section that a test picks; every other byte stays. */
export function removeEntries(text: string, section: string, picked: (key: string) => boolean): string {
  const found = ["", "null"].includes(text.trim()) ? undefined : memberOf(objectAt(text), section);
  if (found === undefined || text[found.valueStart] !== "{") return text;
  const object = objectAt(text, found.valueStart);
  const index = object.members.findIndex(({ key }) => picked(key));
  if (index === -1) return text;
  const { start, end } = object.members[index]!;
  const before = object.members[index - 1];
  const after = object.members[index + 1];
  const rest =
    before !== undefined
      ? text.slice(0, before.end) + text.slice(end)
      : after !== undefined
        ? text.slice(0, start) + text.slice(after.start)
        : text.slice(0, object.start + 1) + text.slice(object.close);
  return removeEntries(rest, section, picked);
}

function setMember(
  text: string,
  object: ObjectSpan,
  key: string,
  value: object,
  depth: number,
  style: Style | undefined,
): string {
  const written = print(value, depth, style);
  const old = memberOf(object, key);
  if (old !== undefined) return text.slice(0, old.valueStart) + written + text.slice(old.end);
  const member = `${JSON.stringify(key)}:${style === undefined ? "" : " "}${written}`;
  const last = object.members.at(-1);
  const lead = style === undefined ? "" : style.newline + style.indent.repeat(depth);
  if (last !== undefined) return `${text.slice(0, last.end)},${lead}${member}${text.slice(last.end)}`;
  const close = style === undefined ? "" : style.newline + style.indent.repeat(depth - 1);
  return `${text.slice(0, object.start + 1)}${lead}${member}${close}${text.slice(object.close)}`;
}

function print(value: object, depth: number, style: Style | undefined): string {
  if (style === undefined) return JSON.stringify(value);
  const lines = JSON.stringify(value, null, style.indent).split("\n");
  return lines.join(style.newline + style.indent.repeat(depth));
}

/** A document is laid out as its first member is; one without members as Docker would. */
function styleOf(text: string): Style | undefined {
  const { start, members } = objectAt(text);
  const first = members[0];
  if (first === undefined) return { indent: DOCKER_INDENT, newline: "\n" };
  const lead = /(\r?\n)([ \t]*)$/.exec(text.slice(start + 1, first.start));
  return lead === null ? undefined : { newline: lead[1]!, indent: lead[2]! };
}

/** A member of a JSON object: offsets into the text. */
interface Member {
  readonly key: string;
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** A JSON object in a text that is known to be JSON. */
interface ObjectSpan {
  /** Of the opening brace. */
  readonly start: number;
  readonly members: readonly Member[];
  /** Of the closing brace. */
  readonly close: number;
}

/** Finds the members of the object that begins at an offset, or after white space there. */
function objectAt(text: string, offset = 0): ObjectSpan {
  const start = skipSpace(text, offset);
  const members: Member[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] !== "}") {
    const keyEnd = valueEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, valueStart);
    members.push({ key: JSON.parse(text.slice(at, keyEnd)) as string, start: at, valueStart, end });
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return { start, members, close: at };
}

/** Of two equal keys every reader takes the last. */
function memberOf(object: ObjectSpan, key: string): Member | undefined {
  return object.members.findLast((member) => member.key === key);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (" \t\r\n".includes(text[at] ?? "x")) at++;
  return at;
}

function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === "{" || char === "[") {
      depth++;
      at++;
    } else if (char === "}" || char === "]") {
      depth--;
      at++;
    } else if (depth === 0) return wordEnd(text, at);
    else at++;
  } while (depth > 0);
  return at;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The end of a number, true, false or null. */
function wordEnd(text: string, start: number): number {
  let at = start;
  while (/[\w.+-]/.test(text[at] ?? "")) at++;
  return at;
}
