import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalReference,
  familiarReference,
  isPathComponent,
  parseReference,
} from "../../src/oci/reference.js";
import { refusal } from "../image/refusal.js";

const hex = "0123456789abcdef".repeat(4);

describe("a reference", () => {
  it.each([
    ["debian", "docker.io/library/debian:latest", "debian:latest"],
    ["debian:12", "docker.io/library/debian:12", "debian:12"],
    ["acme/app", "docker.io/acme/app:latest", "acme/app:latest"],
    ["index.docker.io/debian", "docker.io/library/debian:latest", "debian:latest"],
    ["docker.io/library/debian", "docker.io/library/debian:latest", "debian:latest"],
    ["localhost/app", "localhost/app:latest", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest", "localhost:5000/app:latest"],
    ["ghcr.io/a/b__c/d-e.f:V1_2.3", "ghcr.io/a/b__c/d-e.f:V1_2.3", "ghcr.io/a/b__c/d-e.f:V1_2.3"],
    [`a/b@sha256:${hex}`, `docker.io/a/b@sha256:${hex}`, `a/b@sha256:${hex}`],
    [`a/b:t@sha256:${hex}`, `docker.io/a/b:t@sha256:${hex}`, `a/b:t@sha256:${hex}`],
    ["[2001:db8::1]:5000/a", "[2001:db8::1]:5000/a:latest", "[2001:db8::1]:5000/a:latest"],
    ["Registry/app", "Registry/app:latest", "Registry/app:latest"],
    ["a---b", "docker.io/library/a---b:latest", "a---b:latest"],
    ["scratch:5000", "docker.io/library/scratch:5000", "scratch:5000"],
  ])("%s is %s", (text, canonical, familiar) => {
    expect(canonicalReference(text)).toBe(canonical);
    expect(familiarReference(canonical)).toBe(familiar);
  });

  it.each([
    ["", "empty"],
    ["Debian", "upper-case"],
    ["acme/App", "upper-case"],
    [`a:${"t".repeat(129)}`, "longer than 128"],
    ["a//b", "empty"],
    ["/a", "empty"],
    ["a/", "empty"],
    ["host.example:5000/", "empty"],
    ["a:", "tag is empty"],
    ["a:-x", "first none of"],
    ["a@sha256:abc", "3 hex characters instead of 64"],
    [`a@sha256:${hex.toUpperCase()}`, "upper-case hex"],
    ["a@md5:abc", "none of sha256"],
    ["a@", "not an algorithm"],
    [`a@sha256:${hex}@sha256:${hex}`, "not an algorithm"],
    ["debian ", "white space"],
    ["debian\n", "white space"],
    ["debiän", "outside of ASCII"],
    ["https://ghcr.io/a", "scheme"],
    [hex, "image id"],
    ["a___b", "not lower-case letters"],
    ["a..b", "not lower-case letters"],
    ["-a", "not lower-case letters"],
    ["a-.example/b", "not a host name"],
    [`${"a".repeat(256)}`, "longer than 255"],
    ["example.org:port/a", "not a host name"],
    ["localhost:5000:1", "tag holds"],
  ])("%j is refused: %s", (text, rule) => {
    const error = refusal(() => parseReference(text));
    expect(error.code).toBe("REFERENCE_INVALID");
    expect(error.message).toContain(rule);
  });

  it("comes back from both spellings", () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,4}){0,2}$/);
    const domain = fc.constantFrom("docker.io", "ghcr.io", "localhost", "localhost:5000", "a.b:1", "Host");
    const digest = fc.constant(`sha256:${hex}`);
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/);
    fc.assert(
      fc.property(
        fc.record(
          { domain, path: fc.array(component, { minLength: 1, maxLength: 4 }), tag, digest },
          {
            requiredKeys: ["domain", "path", "tag"],
          },
        ),
        ({ path, ...rest }) => {
          const joined =
            rest.domain === "docker.io" && path.length === 1 ? `library/${path[0]}` : path.join("/");
          const reference = { ...rest, path: joined };
          expect(parseReference(canonicalReference(reference))).toEqual(reference);
          expect(parseReference(familiarReference(reference))).toEqual(reference);
        },
      ),
    );
  });

  it("never throws anything else", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."aZ0/:@.-_[]% ".split(""), "é") }), (text) => {
        try {
          canonicalReference(canonicalReference(text));
        } catch (error) {
          expect((error as { code?: string }).code).toBe("REFERENCE_INVALID");
        }
      }),
    );
  });

  it("knows what may be a part of a repository", () => {
    expect(["app", "my-app", "a__b", "App", "a/b", "", "-a"].map(isPathComponent)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
