/** A description that is well formed, but cannot become a plan. */
export const planMessages = {
  CONTEXT_NAME_TAKEN: (p: { name: string; first: string; second: string }) => ({
    message: `the named context ${JSON.stringify(p.name)} has two directories: ${p.first} and ${p.second}`,
    hint: "give one of them another name",
  }),
  OUT_OUTSIDE_CONTEXT: (p: { out: string; context: string }) => ({
    message: `the output directory must be inside the context directory ${p.context}, got ${p.out}`,
    hint: "choose a directory below the context: a builder copies generated files from there",
  }),
  PLAN_INCONSISTENT: (p: { pass: string; reason: string }) => ({
    message: `the plan is inconsistent after ${p.pass}: ${p.reason}`,
    hint: "this is a bug in layerwright: report it with the output of `layerwright synth --plan`",
  }),
  RELATIVE_NEEDS_WORKDIR: (p: { path: string; base: string }) => ({
    message: `the path ${JSON.stringify(p.path)} is relative, but the working directory of the base ${p.base} is not known`,
    hint: 'call .workdir("/some/directory") before this step, or use an absolute path',
  }),
  SYNTH_NOT_WRITTEN: (p: { path: string; reason: string }) => ({
    message: `${p.path} could not be written: ${p.reason}`,
    hint: "check that the directory can be written and that the disk is not full",
  }),
  TOO_MANY_LAYERS: (p: { own: number; base: number; most: number }) => ({
    message: `the image must have at most ${p.most} layers, got ${p.own + p.base} (${p.own} of its own on ${p.base} of its base)`,
    hint: 'make one layer of several steps with .layer("name", recipe), or of all with .squash("own"): no engine loads more',
  }),
};

function quotedList(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(", ");
}

/**
 * Messages: images that a Dockerfile cannot express. The direct build of the same image still works, unless it is said
 * otherwise.
 */
export const dockerfileMessages = {
  NOT_EXPRESSIBLE: (p: { field: string; reason: string }) => ({
    message: `a Dockerfile cannot express this ${p.field}: it ${p.reason}`,
    hint: "change the value, or build the image directly",
  }),
  DIALECT_CANNOT: (p: { what: string; dialect: string; way: string }) => ({
    message: `the ${p.dialect} dialect cannot express ${p.what}`,
    hint: p.way,
  }),
  FRONTEND_TOO_OLD: (p: { what: string; frontend: string }) => ({
    message: `Dockerfile front end ${p.frontend} cannot express ${p.what}`,
    hint: 'set frontend: "1.19" (Docker 28.4 or newer, or a syntax line), or build the image directly',
  }),
  FOLDERS_UNKNOWN: (p: { folders: readonly string[]; base: string }) => ({
    message: `one layer over ${p.base} would write below directories whose mode and owner are not known: ${p.folders.join(", ")}`,
    hint: 'name them in Base.registry(ref, { folders: […] }) if they are root\'s with mode 0755, start from a local base, or use squash("keep")',
  }),
  BASE_CONFIG_UNKNOWN: (p: { base: string }) => ({
    message: `squash("all") must repeat the config of ${p.base}, which is not known`,
    hint: 'start from a local base (Base.layout or Base.archive), or use squash("own")',
  }),
  BASE_NO_CONTEXT: (p: { path: string; kind: string }) => ({
    message: `a Dockerfile cannot start from the ${p.kind} ${p.path}`,
    hint: "pass reference (the image's name in a registry or in the builder), or unpack it to an OCI layout directory",
  }),
  BASE_ONBUILD: (p: { base: string; trigger: string; reason: string }) => ({
    message: `${p.base} has the ONBUILD trigger ${JSON.stringify(p.trigger)}, which not every builder runs the same way: ${p.reason}`,
    hint: "start from an image without it, and write its effect as steps",
  }),
  LAYER_MIXED: (p: { what: string; values: readonly string[] }) => ({
    message: `one layer has commands with different ${p.what} (${quotedList(p.values)}), which one RUN cannot express`,
    hint: 'give them the same; or write them as steps of their own, outside of with() and layer() and without squash("own"); or use squash("all"), in which each is an instruction',
  }),
  NO_TOOL: (p: { operation: string; path: string; base: string }) => ({
    message: `${p.operation} of ${p.path} needs a shell or tool in the image, and ${p.base} has none`,
    hint: "leave it out of the copy that brought it (exclude, mode, owner), change it in a stage that has the tool and copy it from there, or start from a base that has the tool; the mode and owner of one file or directory of the base need none as a step of their own, outside of with() and layer()",
  }),
  USER_UNRESTORABLE: (p: { field: string }) => ({
    message: `a step sets its own ${p.field}, but later steps need the base's, which is not known`,
    hint: `set the ${p.field} of the image itself, before or after the step`,
  }),
};
