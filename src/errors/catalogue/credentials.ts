import type { MessageArea } from "../message.js";

/** Who the user is to a registry, and the files and helpers that know. */
export const credentialsMessages = {
  CREDENTIALS_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the credentials in ${p.path} cannot be read: ${p.reason}`,
    hint: "make the file readable for you, or name another folder with DOCKER_CONFIG",
  }),
  CREDENTIALS_INVALID: (p: { path: string; reason: string }) => ({
    message: `the file of credentials ${p.path} ${p.reason}`,
    hint: "correct the file, or move it away and log in again",
  }),
  CREDENTIALS_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the credentials in ${p.path} cannot be written: ${p.reason}`,
    hint: "make its folder writable for you, or name another folder with DOCKER_CONFIG",
  }),
  CREDENTIALS_LOCKED: (p: { path: string; lock: string; seconds: number }) => ({
    message: `the credentials in ${p.path} are being written by another process, for more than ${p.seconds} seconds`,
    hint: `wait for it, or if no such process exists remove ${p.lock}`,
  }),
  CREDENTIAL_HELPER_INVALID: (p: { path: string; registry: string }) => ({
    message: `${p.path} names a credential helper for ${p.registry} that cannot be a program's name`,
    hint: 'write the part after "docker-credential-" into credsStore or credHelpers: letters, digits, "-", "_" and "."',
  }),
  CREDENTIAL_HELPER_MISSING: (p: { helper: string; registry: string; path: string }) => ({
    message: `the credential helper ${p.helper} for ${p.registry} is not on the PATH`,
    hint: `install it, or take it out of credsStore and credHelpers in ${p.path}`,
  }),
  CREDENTIAL_HELPER_FAILED: (p: { helper: string; registry: string; action: string; reason: string }) => ({
    message: `the credential helper ${p.helper} could not ${p.action} the credential of ${p.registry}: ${p.reason}`,
    hint: `run it by hand to see what it says: \`${p.helper} list\` prints registries and user names, no passwords`,
  }),
  LOGIN_INVALID: (p: { registry: string; reason: string }) => ({
    message: `the login to ${p.registry} cannot be: ${p.reason}`,
    hint: "give the user name and the password or access token that the registry gave you",
  }),
  LOGIN_REGISTRY_INVALID: (p: { registry: string; reason: string }) => ({
    message: `${JSON.stringify(p.registry)} is not a registry: ${p.reason}`,
    hint: 'name the host alone, with a port where it has one: "ghcr.io" or "localhost:5000"',
  }),
  LOGIN_INPUT_MISSING: (p: { missing: string; remedy: string }) => ({
    message: `there is no ${p.missing}, and standard input is no terminal to ask on`,
    hint: p.remedy,
  }),
} satisfies MessageArea;
