/** Messages: arguments of the command line, and the user's program. */
export const cliMessages = {
  CATALOG_NOT_FOUND: (p: { folder: string; looked: readonly string[] }) => ({
    message: `no catalog found in ${p.folder}: looked for ${p.looked.join(", ")}`,
    hint: "run `layerwright init` to start one, or name the file with --app FILE or LAYERWRIGHT_APP",
  }),
  CATALOG_EXPORT_MISSING: (p: { file: string; found: readonly string[] }) => ({
    message: `${p.file} exports no catalog and no image: it exports ${p.found.join(", ") || "nothing"}`,
    hint: 'write `export default new Catalog("acme", { app })`, or export an Image',
  }),
  COMMAND_LINE_INVALID: (p: { reason: string; suggestion: string | undefined; command: string }) => ({
    message: p.reason,
    hint: p.suggestion === undefined ? `see \`${p.command} --help\`` : `did you mean ${p.suggestion}?`,
  }),
  OPTION_VALUE_INVALID: (p: { option: string; got: string; allowed: string }) => ({
    message: `${p.option} must be ${p.allowed}, got ${JSON.stringify(p.got)}`,
    hint: `correct ${p.option}, or leave it out`,
  }),
  IMAGE_UNKNOWN: (p: { got: string; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `the catalog has no image ${JSON.stringify(p.got)}; it has ${p.known.join(", ") || "none"}`,
    hint: p.suggestion === undefined ? "`layerwright ls` lists the images" : `did you mean ${p.suggestion}?`,
  }),
  IMAGE_AMBIGUOUS: (p: { option: string; names: readonly string[] }) => ({
    message: `${p.option} must have exactly one image, got ${p.names.length}: ${p.names.join(", ")}`,
    hint: `name one of them, for example \`${p.names[0] ?? "app"}\``,
  }),
  OUTPUT_SHARED: (p: { dest: string; images: readonly string[] }) => ({
    message: `${p.images.length} images cannot all be written to ${p.dest}: ${p.images.join(", ")}`,
    hint: "name a directory with a trailing slash, or use {name} (and {platform}) in the path",
  }),
  OUTPUT_IS_TERMINAL: (_: Record<never, never>) => ({
    message: "an image cannot be written to a terminal",
    hint: "pipe it (`layerwright build app -o - | docker load`), or name a file",
  }),
  INIT_EXISTS: (p: { files: readonly string[] }) => ({
    message: `${p.files.join(", ")} ${p.files.length === 1 ? "exists" : "exist"} already, and init overwrites nothing`,
    hint: "choose an empty directory (`layerwright init my-images`), or move the files away",
  }),
  USER_PROGRAM_FAILED: (p: { file: string; reason: string }) => ({
    message: `${p.file} failed: ${p.reason}`,
    hint: `correct the program; \`npx tsx ${p.file}\` runs it alone`,
  }),
  INTERRUPTED: () => ({
    message: "the command was stopped by a signal before it was done",
    hint: "run it again: no partial output is left",
  }),
};

/** Messages: which images there are, and which of them a command works on. */
export const selectionMessages = {
  GROUP_UNKNOWN: (p: { got: string; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `there is no group ${JSON.stringify(p.got)} in the catalog; its groups are ${p.known.length === 0 ? "none" : p.known.join(", ")}`,
    hint:
      p.suggestion === undefined
        ? 'name groups in the catalog: new Catalog("acme", images, { groups: { nightly: ["api/*"] } })'
        : `did you mean @${p.suggestion}?`,
  }),
};

/** Messages: the page that a catalog becomes. */
export const reportMessages = {
  REPORT_EMPTY: (p: { catalog: string }) => ({
    message: `the catalog ${p.catalog} has no images to report on`,
    hint: "add an image to the catalog, then run the report again",
  }),
};

/** Messages: comparing two images. */
export const differenceMessages = {
  DIFF_LAYER_GONE: (p: { name: string; digest: string }) => ({
    message: `the layer ${p.digest} of the last build of ${p.name} is no longer in the store, so files and packages are not compared`,
    hint: "build the image, which keeps its layers, and compare again after the next change; or compare with an archive of the earlier image",
  }),
  DIFF_OPERANDS: (p: { operands: readonly string[] }) => ({
    message: `${p.operands.join(", ")} cannot be compared: only images of the catalog have a last build`,
    hint: "name two images to compare one with the other (layerwright diff app app.tar), or only names of the catalog to compare each with its last build",
  }),
};
