import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import {
  CredentialHelpers,
  DockerCredentials,
} from "../../../src/adapters/credentials-docker/docker-credentials.js";
import { saveCredential } from "../../../src/adapters/credentials-docker/saved-credentials.js";
import { isLayerwrightError, type LayerwrightError } from "../../../src/errors/layerwright-error.js";
import { tempFolder } from "../temp-folder.js";
import { auth, FakeHome, holdsSecret } from "./fake-helper.js";

const CANARY = "canary-Zk7qPw3vXs9tRb";

async function failureOf(work: Promise<unknown>): Promise<LayerwrightError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isLayerwrightError(error)) throw new Error(`no coded error: ${inspect(error)}`);
  return error;
}

/** Everything that may be printed or logged of an error. */
function allOf(error: LayerwrightError): string {
  const { message, hint, stack, subject, shortMessage } = error;
  return [
    message,
    hint,
    stack,
    subject,
    shortMessage,
    inspect(error, { depth: 9 }),
    JSON.stringify(error),
  ].join("\n");
}

const files: readonly (readonly [string, string, string])[] = [
  ["no JSON", `{"auths": {"ghcr.io": {"auth": "${CANARY}"`, "is not JSON"],
  ["a text in a wrong place", `"${CANARY}"`, "is no JSON object"],
  ["a bare word", CANARY, "is not JSON"],
  ["a list", `["${CANARY}"]`, "is no JSON object"],
  ["auths that is a text", `{"auths": "${CANARY}"}`, "has no object as auths"],
  [
    "an entry that is a text",
    `{"auths": {"ghcr.io": "${CANARY}"}}`,
    'has no object as the entry "ghcr.io" in auths',
  ],
  [
    "an auth that is a list",
    `{"auths": {"ghcr.io": {"auth": ["${CANARY}"]}}}`,
    'has no text as the auth of "ghcr.io"',
  ],
  ["an auth that is no base64", `{"auths": {"ghcr.io": {"auth": "me:${CANARY}"}}}`, "not base64"],
  [
    "an auth of another length",
    `{"auths": {"ghcr.io": {"auth": "${auth(CANARY).slice(0, 25)}"}}}`,
    "not base64",
  ],
  [
    "an auth without a colon",
    `{"auths": {"ghcr.io": {"auth": "${auth(CANARY)}"}}}`,
    "a colon and a password",
  ],
  ["a password in a key", `{"auths": {"https://me:${CANARY}@ghcr.io": {"auth": 1}}}`, '"https://…@ghcr.io"'],
  ["a helper that is an object", `{"credHelpers": {"ghcr.io": {"x": "${CANARY}"}}}`, "no text as the helper"],
  ["a store that is a list", `{"credsStore": ["${CANARY}"]}`, "no text as credsStore"],
];

const helpers: readonly (readonly [string, string, string])[] = [
  ["ends with an error", `echo "${CANARY}"; echo "${CANARY}" >&2; exit 3`, "exit code 3"],
  ["answers no JSON", `echo "${CANARY}"`, "not JSON"],
  ["answers a text", `echo '"${CANARY}"'`, "no JSON object"],
  ["answers other types", `echo '{"Username":"me","Secret":["${CANARY}"]}'`, "no text"],
  ["answers without an end", `while :; do echo "${CANARY}"; done`, "too long"],
  ["hangs", `echo "${CANARY}"; sleep 20`, "no answer within 0.7 seconds"],
  ["is killed", `echo "${CANARY}"; kill -9 $$`, "it was killed"],
];

describe("no secret is in an error", () => {
  it.each(files)("about a file with %s: CREDENTIALS_INVALID", async (_, text, reason) => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", text);
    const credentials = new DockerCredentials(home.places);
    const error = await failureOf(credentials.credentialFor({ domain: "ghcr.io", path: "a" }));
    expect(error.code).toBe("CREDENTIALS_INVALID");
    expect(error.message).toContain(home.config);
    expect(error.message).toContain(reason);
    expect(holdsSecret(allOf(error), CANARY)).toBe(false);
  });

  it.each(helpers)("about a helper that %s: CREDENTIAL_HELPER_FAILED", async (_, body, reason) => {
    const home = new FakeHome(tempFolder());
    home.helper("own", body);
    home.write(".docker/config.json", { credsStore: "own" });
    const asked = new CredentialHelpers({ env: home.env, timeoutSeconds: 0.7 });
    const before = performance.now();
    const credentials = new DockerCredentials({ ...home.places, helpers: asked });
    const error = await failureOf(credentials.credentialFor({ domain: "ghcr.io", path: "a" }));
    expect(error.code).toBe("CREDENTIAL_HELPER_FAILED");
    expect(error.message).toContain("docker-credential-own could not get the credential of ghcr.io: ");
    expect(error.message).toContain(reason);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(holdsSecret(allOf(error), CANARY)).toBe(false);
  });

  it("about a helper that will not keep it: CREDENTIAL_HELPER_FAILED, and the file stays", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("own", 'echo "$server"; echo "$server" >&2; exit 1');
    home.write(".docker/config.json", { credsStore: "own" });
    const credential = { kind: "password", username: "me", password: CANARY } as const;
    const asked = new CredentialHelpers({ env: home.env });
    const error = await failureOf(saveCredential("ghcr.io", credential, { ...home.places, helpers: asked }));
    expect(error.code).toBe("CREDENTIAL_HELPER_FAILED");
    expect(error.message).toContain("could not store");
    expect(holdsSecret(allOf(error), CANARY)).toBe(false);
  });

  it("about a helper whose name is none: CREDENTIAL_HELPER_INVALID", async () => {
    const home = new FakeHome(tempFolder());
    for (const name of [`../${CANARY}`, `${CANARY} x`, `-${CANARY}`, `a/${CANARY}`, `${CANARY};id`]) {
      home.write(".docker/config.json", { credsStore: name });
      const credentials = new DockerCredentials({
        ...home.places,
        helpers: new CredentialHelpers({ env: home.env }),
      });
      const error = await failureOf(credentials.credentialFor({ domain: "ghcr.io", path: "a" }));
      expect(error.code).toBe("CREDENTIAL_HELPER_INVALID");
      expect(holdsSecret(allOf(error), CANARY)).toBe(false);
    }
  });

  it("a helper that is not there is named: CREDENTIAL_HELPER_MISSING", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", { credHelpers: { "ghcr.io": "gone" } });
    const credentials = new DockerCredentials({
      ...home.places,
      helpers: new CredentialHelpers({ env: home.env }),
    });
    const error = await failureOf(credentials.credentialFor({ domain: "ghcr.io", path: "a" }));
    expect(error.code).toBe("CREDENTIAL_HELPER_MISSING");
    expect(error.message).toBe("the credential helper docker-credential-gone for ghcr.io is not on the PATH");
  });

  it("and the scan would find one", () => {
    for (const text of [CANARY, auth(CANARY), auth(`me:${CANARY}`), Buffer.from(CANARY).toString("hex")])
      expect(holdsSecret(`a ${text} b`, CANARY)).toBe(true);
  });
});
