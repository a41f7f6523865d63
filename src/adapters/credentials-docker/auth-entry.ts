import type { Credential } from "../../ports/credential-source.js";
import { type AuthEntry, type ConfigFile, invalid, shownKey } from "./config-file.js";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The credential of an entry of `auths`, or undefined where it holds none (Docker leaves `{}` behind for what a
 * helper keeps). A token goes before a password, since it was made out of one.
 *
 * @throws {EnvironmentError} CREDENTIALS_INVALID
 */
export function credentialOf(file: ConfigFile, key: string, entry: AuthEntry): Credential | undefined {
  if (entry.registrytoken !== undefined) return { kind: "bearer", token: entry.registrytoken };
  if (entry.identitytoken !== undefined) return { kind: "identity", token: entry.identitytoken };
  if (entry.auth !== undefined) return decodeAuth(file, key, entry.auth);
  return passwordOf(entry.username ?? "", entry.password ?? "");
}

/** The `auth` of an entry: base64 of the user's name, a colon and the password. */
export function encodeAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** A user name and a password, unless both are empty: that is nobody. */
export function passwordOf(username: string, password: string): Credential | undefined {
  return username === "" && password === "" ? undefined : { kind: "password", username, password };
}

function decodeAuth(file: ConfigFile, key: string, encoded: string): Credential | undefined {
  // What base64 prints has line breaks, which Go's reader passes over.
  const auth = encoded.replace(/[\r\n\t ]+/g, "");
  if (!BASE64.test(auth) || auth.replace(/=+$/, "").length % 4 === 1) {
    throw invalid(file.path, `has an auth of ${shownKey(key)} that is not base64`);
  }
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon === -1) {
    throw invalid(
      file.path,
      `has an auth of ${shownKey(key)} that is not a user name, a colon and a password`,
    );
  }
  // Early versions of Docker filled the password up with NUL bytes.
  return passwordOf(text.slice(0, colon), text.slice(colon + 1).replace(/^\0+|\0+$/g, ""));
}
