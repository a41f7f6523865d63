/** The lock: what is in it, and what a build asks of it. */
export const lockMessages = {
  LOCK_INVALID: (p: { path: string; place: string; reason: string }) => ({
    message: `${p.path} is not a valid lock: ${p.place} ${p.reason}`,
    hint: "restore the file from version control, or remove it and run `layerwright lock`",
  }),
  LOCK_CONFLICT: (p: { path: string; line: number }) => ({
    message: `${p.path} has an unresolved merge conflict at line ${p.line}`,
    hint: "keep both sides and drop the marker lines, or take one side; then run `layerwright lock`",
  }),
  LOCK_VERSION: (p: { path: string; got: unknown }) => ({
    message: `${p.path}: lockfileVersion must be 1, got ${JSON.stringify(p.got) ?? "undefined"}`,
    hint: "use the layerwright that wrote it, or remove the file and run `layerwright lock`",
  }),
  LOCK_INCOMPLETE: (p: { path: string; option: string; missing: readonly string[] }) => ({
    message: `${p.path} lacks ${listed(p.missing)}, and ${p.option} forbids resolving it`,
    hint: "run `layerwright lock` with a network, and commit the file",
  }),
  LOCK_CERTIFICATES: (p: { path: string; locked: string; got: string }) => ({
    message: `${p.path} pins another list for caCertificates(): it must be ${p.locked}, got ${p.got} from this Node`,
    hint: "build with the Node that wrote the lock, or give caCertificates({ pem }) a list of your own, or run `layerwright lock --update certificates` and commit the file",
  }),
  LOCK_ENCODER: (p: { path: string; kind: string; locked: string; got: string }) => ({
    message: `${p.path} has ${p.kind} layers compressed by ${p.locked}, got ${p.got} in this runtime: other bytes and so other digests`,
    hint: "build with the runtime that wrote the lock, or with compression none, or run `layerwright lock --update encoders` and commit the file",
  }),
  LOCK_NAME_UNKNOWN: (p: { got: string; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `the lock has no entry for ${JSON.stringify(p.got)}; its entries are ${listed(p.known) || "none"}`,
    hint:
      p.suggestion === undefined
        ? "name a repository such as debian, a reference such as debian:bookworm-slim, a URL, or layers for the decisions of squash auto"
        : `did you mean ${p.suggestion}?`,
  }),
  LOCK_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `${p.path} cannot be read: ${p.reason}`,
    hint: "check that it is a readable file, or name another one with --lock FILE",
  }),
  LOCK_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `${p.path} cannot be written: ${p.reason}`,
    hint: "name a writable path with --lock FILE; --no-lock builds without a lock",
  }),
  LOCK_BUSY: (p: { path: string; seconds: number }) => ({
    message: `${p.path} has been locked by another process for more than ${p.seconds} seconds`,
    hint: `wait for it, or if no such process exists, remove the file ${p.path}.writing`,
  }),
  ADD_NOT_LOCKED: (p: { url: string }) => ({
    message: `the file ${p.url} has no sha256 in the description or in the lock`,
    hint: "run `layerwright lock`, which fetches it and records its sha256, or pass { sha256 }",
  }),
  OFFLINE_MISSING: (p: { missing: readonly string[] }) => ({
    message: `the store lacks ${listed(p.missing)}, and --offline forbids fetching it`,
    hint: "build once without --offline: the store keeps what it fetches",
  }),
};

function listed(names: readonly string[]): string {
  return names.length > 20
    ? `${names.slice(0, 20).join(", ")} and ${names.length - 20} more`
    : names.join(", ");
}
