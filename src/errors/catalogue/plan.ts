import type { MessageArea } from "../message.js";

/** A description that is well formed, but cannot become a plan. */
export const planMessages = {
  CONTEXT_NAME_TAKEN: (p: { name: string; first: string; second: string }) => ({
    message: `the named context ${JSON.stringify(p.name)} stands for two folders: ${p.first} and ${p.second}`,
    hint: "give one of them another name",
  }),
  OUT_OUTSIDE_CONTEXT: (p: { out: string; context: string }) => ({
    message: `the output folder ${p.out} is not inside of the context folder ${p.context}`,
    hint: "choose a folder below the context, since a builder can only copy generated files from there",
  }),
  PLAN_INCONSISTENT: (p: { pass: string; reason: string }) => ({
    message: `the plan is inconsistent after ${p.pass}: ${p.reason}`,
    hint: "this is a fault of layerwright: report it with the output of `layerwright synth --plan`",
  }),
  RELATIVE_NEEDS_WORKDIR: (p: { path: string; base: string }) => ({
    message: `the path ${JSON.stringify(p.path)} is relative, and the working folder of the base ${p.base} is not known`,
    hint: 'call .workdir("/some/folder") before this step, or write the path from the root',
  }),
  SYNTH_NOT_WRITTEN: (p: { path: string; reason: string }) => ({
    message: `${p.path} could not be written: ${p.reason}`,
    hint: "check that the folder can be written and that the disk is not full",
  }),
  TOO_MANY_LAYERS: (p: { own: number; base: number; most: number }) => ({
    message: `the image must have at most ${p.most} layers, got ${p.own + p.base} (${p.own} of its own on ${p.base} of its base)`,
    hint: 'make one layer of several steps with .layer("name", recipe), or of all with .squash("own"): no engine loads more',
  }),
} satisfies MessageArea;
