const LIMIT = 100;

/** A user's value as a message shows it: short, on one line, and without the credentials of a URL or reference. */
function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value !== "string") {
    if (typeof value === "bigint" || typeof value === "symbol") return value.toString();
    if (typeof value === "number" || value === undefined || value === null) return String(value);
    const name = (value as object).constructor?.name;
    if (typeof value === "object" && !Array.isArray(value)) return `an object${name ? ` (${name})` : ""}`;
    return Array.isArray(value) ? `an array of ${value.length}` : String(value);
  }
  const safe = value
    .replace(/\/\/[^/@\s]*@/g, "//***@")
    .replace(/^[^/@\s]+:[^/@\s]+@(?!sha256:)/, "***@")
    .replace(/^(https?:[^?#]*)[?#].*$/s, "$1?…");
  return JSON.stringify(safe.length > LIMIT ? `${safe.slice(0, LIMIT)}…` : safe);
}

function didYouMean(suggestion: string | undefined): string {
  return suggestion === undefined ? "" : `, did you mean "${suggestion}"?`;
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? "nothing" : words.join(", ");
}

/** Mistakes in the description itself. They are thrown in the call that made them. */
export const descriptionMessages = {
  ARGUMENT_INVALID: (p: { call: string; argument: string; got: unknown; allowed: string }) => ({
    message: `${p.call}: ${p.argument} must be ${p.allowed}, got ${shown(p.got)}`,
    hint: `pass ${p.allowed}`,
  }),
  BASE_INVALID: (p: { call: string; got: unknown }) => ({
    message: `${p.call}: the base must be a reference, a Base or an Image, got ${shown(p.got)}`,
    hint: 'pass a registry reference such as "debian:bookworm-slim", a Base or an Image',
  }),
  CATALOG_INVALID: (p: { reason: string; got: unknown }) => ({
    message: `catalog: ${p.reason}, got ${shown(p.got)}`,
    hint: 'write new Catalog("acme", { hello, nginx }, { platforms: ["linux/amd64"] })',
  }),
  CERTIFICATES_INVALID: (p: { reason: string }) => ({
    message: `caCertificates: ${p.reason}`,
    hint: "pass PEM text made of -----BEGIN CERTIFICATE----- blocks, and never a private key",
  }),
  CHECKSUM_INVALID: (p: { call: string; got: unknown }) => ({
    message: `${p.call}: sha256 must be 64 hex characters, got ${shown(p.got)}`,
    hint: "take it from the publisher, or run sha256sum on a copy that you trust",
  }),
  CHECKSUM_MISSING: (p: { call: string; url: string }) => ({
    message: `${p.call}: ${shown(p.url)} needs a sha256`,
    hint: 'pass { sha256: "…" }: without it the same description can give a different image tomorrow',
  }),
  COMMAND_INVALID: (p: { call: string; reason: string }) => ({
    message: `${p.call}: ${p.reason}`,
    hint: 'pass a command such as "make install" or ["make", "install"]',
  }),
  COMMAND_NOT_ARRAY: (p: { call: string; got: unknown }) => ({
    message: `${p.call}: the arguments must be an array of strings, got ${shown(p.got)}`,
    hint: `write one string per argument, or ["/bin/sh", "-c", "…"] when a shell is meant`,
  }),
  CONTEXT_NAME_INVALID: (p: { got: unknown }) => ({
    message: `context: the name must be a lower-case letter, then lower-case letters, digits, "-", "_" or ".", got ${shown(p.got)}`,
    hint: 'write context("assets", "../assets")',
  }),
  ENV_NAME_INVALID: (p: { call: string; got: unknown }) => ({
    message: `${p.call}: ${shown(p.got)} cannot be the name of an environment variable`,
    hint: 'a name is not empty and holds no "=", no line break and no NUL',
  }),
  ENV_VALUE_INVALID: (p: { call: string; variable: string; reason: string }) => ({
    message: `${p.call}: the value of ${shown(p.variable)} ${p.reason}`,
    hint: "pass a string; the kernel cannot hold a NUL in one",
  }),
  HEALTHCHECK_INVALID: (p: { field: string; got: unknown; allowed: string }) => ({
    message: `healthcheck: ${p.field} must be ${p.allowed}, got ${shown(p.got)}`,
    hint: 'write healthcheck({ test: ["wget", "-q", "http://localhost/"], intervalMs: 30_000 }), or null to switch it off',
  }),
  IMAGE_NAME_INVALID: (p: { got: unknown; reason: string }) => ({
    message: `catalog: ${shown(p.got)} cannot be a name: ${p.reason}`,
    hint: 'a name becomes part of a repository: lower-case letters and digits, joined by ".", "_", "__" or "-", and "/" between parts',
  }),
  LABEL_INVALID: (p: { call: string; key: unknown; reason: string }) => ({
    message: `${p.call}: ${shown(p.key)} ${p.reason}`,
    hint: "a key is not empty and has at most 4096 bytes, a value is a string, and neither holds a NUL",
  }),
  LAYER_RECIPE_INVALID: (p: { name: string }) => ({
    message: `layer: the recipe of ${shown(p.name)} must return the image it was given with steps added`,
    hint: "inside layer(), only add steps to the given image; set the base and the squash policy outside",
  }),
  MATRIX_INVALID: (p: { reason: string; got: unknown }) => ({
    message: `matrix: ${shown(p.got)} ${p.reason}`,
    hint: 'write matrix({ node: ["22", "24"] }, ({ node }) => Image.from(`node:${node}`)), and give each image a name of its own',
  }),
  MODE_DECIMAL: (p: { call: string; got: number }) => ({
    message: `${p.call}: the mode ${p.got} is a decimal number, which as permission bits is 0o${p.got.toString(8)}`,
    hint: `write 0o${p.got} or "0${p.got}"`,
  }),
  MODE_INVALID: (p: { call: string; got: unknown; reason: string }) => ({
    message: `${p.call}: the mode ${shown(p.got)} ${p.reason}`,
    hint: 'write bits such as 0o755 or "0755" (0 to 0o7777), or clauses such as "u=rwX,go=rX"',
  }),
  MOUNT_INVALID: (p: { field: string; got: unknown; allowed: string }) => ({
    message: `run: the mount's ${p.field} must be ${p.allowed}, got ${shown(p.got)}`,
    hint: 'write for example { type: "cache", target: "/root/.cache" }',
  }),
  OPTION_UNKNOWN: (p: {
    call: string;
    option: string;
    known: readonly string[];
    suggestion: string | undefined;
  }) => ({
    message: `${p.call}: there is no option "${p.option}"${didYouMean(p.suggestion)}`,
    hint: `the options are ${listed(p.known)}`,
  }),
  OWNER_INVALID: (p: { call: string; got: unknown; reason: string }) => ({
    message: `${p.call}: ${shown(p.got)} is not a user: ${p.reason}`,
    hint: 'write a number (0 to 2147483647), a name, "name:group" or "uid:gid"',
  }),
  PACKAGE_INVALID: (p: {
    call: string;
    manager: string;
    what: "name" | "version" | "option";
    got: unknown;
    allowed: string;
  }) => ({
    message: `${p.call}: a package ${p.what} must be ${p.allowed}, got ${shown(p.got)}`,
    hint: `pass names as ${p.manager} lists them; pin a version with { name: "version" }`,
  }),
  PACKAGES_MISSING: (p: { call: string }) => ({
    message: `${p.call}: at least one package must be named`,
    hint: `write ${p.call}("name")`,
  }),
  PATH_INVALID: (p: { call: string; got: unknown; reason: string }) => ({
    message: `${p.call}: the path ${shown(p.got)} ${p.reason}`,
    hint: 'write a path of the image such as "/etc/app/config.json"',
  }),
  PLATFORM_INVALID: (p: { got: unknown; reason: string }) => ({
    message: `${shown(p.got)} is not a platform: ${p.reason}`,
    hint: "write for example linux/amd64, linux/arm64 or linux/arm/v7",
  }),
  PORT_INVALID: (p: { got: unknown; reason: string }) => ({
    message: `expose: ${shown(p.got)} is not a port: ${p.reason}`,
    hint: 'write 80, "80/tcp", "53/udp" or "8000-8003"',
  }),
  RECIPE_INVALID: (p: { call: string; got: unknown; returned: boolean }) => ({
    message: p.returned
      ? `${p.call}: the recipe must return an Image, got ${shown(p.got)}`
      : `${p.call}: the recipe must be a function from Image to Image, got ${shown(p.got)}`,
    hint: "write (image) => image.run(…), without async and with a return",
  }),
  REFERENCE_INVALID: (p: { reference: unknown; rule: string }) => ({
    message: `${shown(p.reference)} is not an image reference: ${p.rule}`,
    hint: 'write [host[:port]/]name[:tag][@sha256:…], for example "ghcr.io/acme/app:1.2"',
  }),
  SIGNAL_INVALID: (p: { got: unknown; suggestion: string | undefined }) => ({
    message: `stopSignal: ${shown(p.got)} is not a signal${didYouMean(p.suggestion)}`,
    hint: 'write a name such as "SIGTERM" or "SIGRTMIN+3", or a number from 1 to 64',
  }),
  SOURCE_INVALID: (p: { call: string; got: unknown; reason: string }) => ({
    message: `${p.call}: the source ${shown(p.got)} ${p.reason}`,
    hint: 'pass a path in the build context, image.path("/file") or context("name", directory)',
  }),
  SOURCE_OUTSIDE_CONTEXT: (p: { call: string; got: string; reason: string }) => ({
    message: `${p.call}: the source ${shown(p.got)} ${p.reason}`,
    hint: 'sources are relative to the build context; for another directory write context("name", directory).path("file")',
  }),
  SQUASH_UNKNOWN: (p: { got: unknown; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `squash: ${shown(p.got)} is not a squash policy${didYouMean(p.suggestion)}`,
    hint: `the policies are ${listed(p.known)}`,
  }),
  STAGE_NAME_INVALID: (p: { got: unknown }) => ({
    message: `named: the name must be a lower-case letter, then lower-case letters, digits, "-", "_" or ".", got ${shown(p.got)}`,
    hint: 'a builder reads it after AS in FROM: write named("build")',
  }),
  STEP_UNKNOWN: (p: { got: unknown; suggestion: string | undefined }) => ({
    message: `step: ${shown(p.got)} is not a step${didYouMean(p.suggestion)}`,
    hint: 'pass what a step factory returns, such as steps.mkdir("/data")',
  }),
  TOOLS_MISSING: (p: { call: string; url: string }) => ({
    message: `${p.call}: ${shown(p.url)} is unpacked by tar, which an image from scratch does not have`,
    hint: 'pass an image that has tar: { tools: Image.from("debian:bookworm-slim") }; none of it enters this image',
  }),
  URL_HAS_CREDENTIALS: (p: { call: string; host: string }) => ({
    message: `${p.call}: the URL at ${p.host} has credentials, which would be written into the image's history`,
    hint: "fetch the file before the build, or in a run step with a secret mount",
  }),
  URL_INVALID: (p: { call: string; got: unknown; reason: string }) => ({
    message: `${p.call}: the URL ${shown(p.got)} ${p.reason}`,
    hint: 'pass an absolute URL such as "https://example.org/tool.tar.gz"',
  }),
  ZONE_UNKNOWN: (p: { got: unknown; suggestion: string | undefined }) => ({
    message: `timezones: ${shown(p.got)} is not a time zone${didYouMean(p.suggestion)}`,
    hint: 'zones are named as in the IANA database, such as "Europe/Berlin" or "UTC"',
  }),
};

/** Images for several platforms. */
export const platformMessages = {
  PLATFORM_TWICE: (p: { call: string; first: string; second: string }) => ({
    message: `${p.call}: ${JSON.stringify(p.first)} and ${JSON.stringify(p.second)} are the same platform`,
    hint: "keep one of the two recipes",
  }),
  PLATFORM_RECIPE_INVALID: (p: { platform: string }) => ({
    message: `perPlatform: the recipe of ${JSON.stringify(p.platform)} must return the image it was given with steps added`,
    hint: "inside perPlatform(), only add steps to the given image; set the base and the squash policy outside",
  }),
  PLATFORM_NOT_GIVEN: (p: { platform: string; given: readonly string[] }) => ({
    message: `perPlatform: there are no steps for ${p.platform}, only for ${p.given.join(", ")}`,
    hint: `add a recipe for ${p.platform} or a default, or build another platform`,
  }),
  RUN_FOREIGN_PLATFORM: (p: { command: string; platform: string; machine: string }) => ({
    message: `the command ${JSON.stringify(p.command)} is for ${p.platform}, and this machine (${p.machine}) has no emulator that runs it`,
    hint: `install qemu-user-static with its binfmt entries (flag F), build --platform ${p.machine}, or make these files elsewhere and copy them`,
  }),
};
