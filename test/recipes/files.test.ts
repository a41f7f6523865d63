import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { caCertificates } from "../../src/recipes/ca-certificates.js";
import { nonRoot, tmpDir } from "../../src/recipes/non-root.js";
import { refusal } from "../image/refusal.js";

const flat = (image: Image) =>
  image.node.steps.flatMap((step) => (step.kind === "layer" ? step.steps : [step]));

describe("nonRoot", () => {
  it("names the user on scratch, also by way of another image", () => {
    for (const image of [Image.scratch(), Image.from(Image.scratch().mkdir("/a"))]) {
      expect(flat(image.with(nonRoot({ name: "app", uid: 1000 })))).toMatchObject([
        {
          path: "/etc/passwd",
          contents: "root:x:0:0:root:/root:/sbin/nologin\napp:x:1000:1000:app:/nonexistent:/sbin/nologin\n",
        },
        { path: "/etc/group", contents: "root:x:0:\napp:x:1000:\n" },
        { kind: "user", user: "1000:1000" },
      ]);
    }
  });

  it("overwrites nobody's passwd", () => {
    expect(flat(Image.from("debian").with(nonRoot()))).toMatchObject([{ kind: "user", user: "65532:65532" }]);
    const own = Image.scratch().write("/etc/passwd", "x");
    expect(flat(Image.from(own).with(nonRoot({ gid: 5 })))).toMatchObject([
      { kind: "user", user: "65532:5" },
    ]);
  });

  it.each([
    ["OWNER_INVALID", () => nonRoot({ uid: -1 })],
    ["OWNER_INVALID", () => nonRoot({ name: "a:b" })],
    ["OWNER_INVALID", () => nonRoot({ name: "12" })],
    ["ARGUMENT_INVALID", () => nonRoot({ uid: 0 })],
    ["ARGUMENT_INVALID", () => nonRoot({ uid: "app" as never })],
    ["OPTION_UNKNOWN", () => nonRoot({ id: 5 } as never)],
  ])("refuses with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));
});

describe("caCertificates", () => {
  const [first = "", second = ""] = rootCertificates;

  it("writes Mozilla's list, sorted", () => {
    const [step] = flat(Image.scratch().with(caCertificates()));
    if (step?.kind !== "write") throw new Error("no write");
    expect(step.path).toBe("/etc/ssl/certs/ca-certificates.crt");
    expect(String(step.contents).match(/BEGIN CERTIFICATE/g)).toHaveLength(rootCertificates.length);
    expect(step).toMatchObject({
      contents: `${[...rootCertificates]
        .map((it) => it.trim())
        .sort()
        .join("\n")}\n`,
      mode: { octal: 0o644 },
    });
  });

  it("writes given certificates and nothing around them", () => {
    const pem = `comment\r\n${first.replaceAll("\n", "\r\n")}\nmore\n${second}`;
    expect(flat(Image.scratch().with(caCertificates({ pem })))).toMatchObject([
      { contents: `${first.trim()}\n${second.trim()}\n` },
    ]);
  });

  it("takes several texts, and a list that the lock pins", () => {
    expect(flat(Image.scratch().with(caCertificates({ pem: [second, first] })))).toMatchObject([
      { contents: `${second.trim()}\n${first.trim()}\n` },
    ]);
    const url = "https://example.org/authorities.pem";
    const sha256 = "a".repeat(64);
    const path = { kind: "add", dest: "/etc/ssl/certs/ca-certificates.crt", mode: { octal: 0o644 }, url };
    expect(flat(Image.scratch().with(caCertificates({ url })))).toMatchObject([path]);
    expect(flat(Image.scratch().with(caCertificates({ url, sha256 })))).toMatchObject([{ ...path, sha256 }]);
    for (const wrong of [{ url, pem: first }, { sha256 }, { pem: [] }])
      expect(refusal(() => caCertificates(wrong)).code).toBe("CERTIFICATES_INVALID");
    expect(refusal(() => caCertificates({ url: "ftp://example.org/x" })).code).toBe("URL_INVALID");
  });

  it.each([
    "",
    "x",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    `${first}\n-----BEGIN RSA PRIVATE KEY-----\nhunter2`,
    5 as never,
  ])("refuses what is none (%#)", (pem) => {
    const error = refusal(() => caCertificates({ pem }));
    expect(error.code).toBe("CERTIFICATES_INVALID");
    expect(error.message).not.toContain("hunter2");
  });
});

it("tmpDir makes /tmp sticky", () => {
  expect(flat(Image.scratch().with(tmpDir()))).toMatchObject([
    { kind: "mkdir", path: "/tmp", mode: { octal: 0o1777 } },
  ]);
});
