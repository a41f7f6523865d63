/** The lock: what is in it, and what a build asks of it. */
export const lockMessages = {
  LOCK_INVALID: (p: { path: string; place: string; reason: string }) => ({
    message: `${p.path} is no lock that can be read: ${p.place} ${p.reason}`,
    hint: "take the file back from version control, or remove it and run `layerwright lock`",
  }),
  LOCK_CONFLICT: (p: { path: string; line: number }) => ({
    message: `${p.path} holds an unsolved merge conflict at line ${p.line}`,
    hint: "keep both sides and drop the marker lines, or take one side; then run `layerwright lock`",
  }),
  LOCK_VERSION: (p: { path: string; got: unknown }) => ({
    message: `${p.path} has the lockfileVersion ${JSON.stringify(p.got) ?? "undefined"}, and this layerwright reads 1`,
    hint: "use the layerwright that wrote it, or remove the file and run `layerwright lock`",
  }),
  LOCK_INCOMPLETE: (p: { path: string; option: string; missing: readonly string[] }) => ({
    message: `${p.path} does not have ${listed(p.missing)}, and ${p.option} allows no look outside`,
    hint: "run `layerwright lock` where there is a network, and commit what it writes",
  }),
  LOCK_CERTIFICATES: (p: { path: string; locked: string; got: string }) => ({
    message: `${p.path} has another list for caCertificates(): ${p.locked}, and this Node brings ${p.got}`,
    hint: "build with the Node that the lock was written with, or give caCertificates({ pem }) a list of your own, or run `layerwright lock --update certificates` and commit what it writes",
  }),
  LOCK_ENCODER: (p: { path: string; kind: string; locked: string; got: string }) => ({
    message: `${p.path} has ${p.kind} layers compressed by ${p.locked}, and this runtime has ${p.got}, whose bytes are others, and so are the digests`,
    hint: "build with the runtime that the lock was written with, or with compression none, or run `layerwright lock --update encoders` and commit what it writes",
  }),
  LOCK_NAME_UNKNOWN: (p: { got: string; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `the catalog takes nothing from outside that ${JSON.stringify(p.got)} names; it takes ${listed(p.known) || "nothing"}`,
    hint:
      p.suggestion === undefined
        ? "name a repository such as debian, a reference such as debian:bookworm-slim, a URL, or layers for what squash auto became"
        : `did you mean ${p.suggestion}?`,
  }),
  LOCK_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `${p.path} cannot be read: ${p.reason}`,
    hint: "check that it is a file that you may read, or name another one with --lock FILE",
  }),
  LOCK_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `${p.path} cannot be written: ${p.reason}`,
    hint: "name a place that you can write to with --lock FILE; --no-lock builds without a lock",
  }),
  LOCK_BUSY: (p: { path: string; seconds: number }) => ({
    message: `${p.path} is being written by another process, for more than ${p.seconds} seconds`,
    hint: `wait for it, or if no such process exists remove the file ${p.path}.writing`,
  }),
  ADD_NOT_LOCKED: (p: { url: string }) => ({
    message: `the file ${p.url} has no sha256, in the description or in the lock`,
    hint: "run `layerwright lock`, which fetches it once and writes its sha256, or pass { sha256 }",
  }),
  OFFLINE_MISSING: (p: { missing: readonly string[] }) => ({
    message: `the store does not have ${listed(p.missing)}, and --offline allows no look outside`,
    hint: "build once without --offline: what it fetches stays in the store",
  }),
};

function listed(names: readonly string[]): string {
  return names.length > 20
    ? `${names.slice(0, 20).join(", ")} and ${names.length - 20} more`
    : names.join(", ");
}
