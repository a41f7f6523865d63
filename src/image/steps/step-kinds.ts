import type { FileStep, Step } from "./step.js";

/** Every kind of step: the type makes sure that none is forgotten. True for those that make a layer. */
const KINDS: Readonly<Record<Step["kind"], boolean>> = {
  add: true,
  annotation: false,
  binary: true,
  chmod: true,
  chown: true,
  cmd: false,
  copy: true,
  entrypoint: false,
  env: false,
  expose: false,
  healthcheck: false,
  hostRun: true,
  label: false,
  layer: true,
  mkdir: true,
  platform: true,
  remove: true,
  run: true,
  shell: false,
  stopSignal: false,
  suppress: false,
  symlink: true,
  user: false,
  volume: false,
  workdir: false,
  write: true,
} satisfies Record<Step["kind"], boolean> & Record<FileStep["kind"], true>;

/** The names of all kinds of step. */
export const stepKinds: readonly string[] = Object.keys(KINDS);

/** True when a step changes files, and so makes a layer. */
export function makesLayer(step: Step): boolean {
  return KINDS[step.kind];
}
