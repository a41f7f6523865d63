/** The files on disk that an image is made from. */
export const contextMessages = {
  // Until the catalogue names this area itself.
  CONTEXT_NOT_FOUND: (p: { folder: string; name: string | undefined; reason: string }) => ({
    message: `the ${contextText(p.name)} ${p.folder} cannot be used: ${p.reason}`,
    hint: "create the directory, or correct the `context` option that names it",
  }),
  CONTEXT_UNKNOWN: (p: { name: string; known: readonly string[] }) => ({
    message: `the named context ${JSON.stringify(p.name)} has no directory; the known contexts are: ${p.known.join(", ") || "none"}`,
    hint: 'name its directory in the source: context("name", "directory")',
  }),
  IGNORE_PATTERN_BAD: (p: { file: string; line: number; pattern: string; reason: string }) => ({
    message: `line ${p.line} of ${p.file}: the pattern ${JSON.stringify(p.pattern)} ${p.reason}`,
    hint: "correct the line; a backslash escapes *, ?, [ and \\",
  }),
  PATTERN_BAD: (p: { pattern: string; reason: string }) => ({
    message: `the pattern ${JSON.stringify(p.pattern)} ${p.reason}`,
    hint: "correct the pattern; a backslash escapes *, ?, [ and \\",
  }),
  SOURCE_NOT_FOUND: (p: {
    path: string;
    context: string | undefined;
    folder: string;
    /** Set for what layerwright itself wrote. */
    written?: boolean | undefined;
    hiddenBy?: { readonly rule: string; readonly line: number; readonly file: string } | undefined;
    similar?: string | undefined;
  }) => ({
    message: p.written
      ? `the source ${JSON.stringify(p.path)} is an output of layerwright, which is never copied from the build context`
      : p.hiddenBy === undefined
        ? `the source ${JSON.stringify(p.path)} does not exist in the ${contextText(p.context)} ${p.folder}`
        : `the source ${JSON.stringify(p.path)} is hidden from the image by line ${p.hiddenBy.line} of ${p.hiddenBy.file}: ${p.hiddenBy.rule}`,
    hint: p.written
      ? 'name its directory as a context of its own: context("images", "dist").path("app.tar")'
      : p.hiddenBy === undefined
        ? p.similar === undefined
          ? "create the file, or correct the path; it is relative to the context directory"
          : `did you mean ${JSON.stringify(p.similar)}?`
        : `add the line "!${p.path}" below it, or copy something else`,
  }),
  SOURCE_PATTERN_EMPTY: (p: { pattern: string; context: string | undefined; folder: string }) => ({
    message: `the pattern ${JSON.stringify(p.pattern)} matches nothing in the ${contextText(p.context)} ${p.folder}`,
    hint: "correct the pattern, or check that .dockerignore does not hide what it should match",
  }),
  SOURCE_LINK_BROKEN: (p: { path: string; reason: string }) => ({
    message: `${p.path} matches a broken symbolic link: ${p.reason}`,
    hint: "remove the link, leave it out with `exclude`, or copy its directory, in which links stay links",
  }),
  COPY_NEEDS_SLASH: (p: { dest: string; sources: readonly string[] }) => ({
    message: `copy(): the destination of several sources must end with a slash, got ${JSON.stringify(p.dest)} for ${p.sources.join(", ")}`,
    hint: `write ${JSON.stringify(`${p.dest}/`)}`,
  }),
  SOURCES_EXCLUDED: (p: { sources: readonly string[]; exclude: readonly string[] }) => ({
    message: `copy(): exclude must leave something of ${p.sources.join(", ")}, got ${JSON.stringify(p.exclude)}`,
    hint: "correct the patterns, or remove the copy",
  }),
  SOURCE_SPECIAL: (p: { path: string; kind: string }) => ({
    message: `${p.path} is a ${p.kind}, which cannot be copied into an image`,
    hint: "leave it out with .dockerignore or `exclude`",
  }),
  SOURCE_TOO_LARGE: (p: { path: string; size: number; limit: number }) => ({
    message: `the file ${p.path} must have at most ${p.limit} bytes to be read into an image, got ${p.size}`,
    hint: "leave it out with .dockerignore or `exclude`, or allow more with `maxFileSize` of the copy",
  }),
  SOURCE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `${p.path} cannot be read: ${p.reason}`,
    hint: "make it readable for your user, or leave it out with .dockerignore or `exclude`",
  }),
  SOURCE_VANISHED: (p: { path: string }) => ({
    message: `${p.path} was removed while the context was read`,
    hint: "stop whatever writes into the directory (a watcher, a build), then build again",
  }),
  SOURCE_NAME_RESERVED: (p: { path: string }) => ({
    message: `${p.path} has a name that starts with ".wh.", which marks a removed file in a layer`,
    hint: "rename the file, or leave it out with .dockerignore or `exclude`",
  }),
};

function contextText(name: string | undefined): string {
  return name === undefined ? "context directory" : `named context ${JSON.stringify(name)}:`;
}
