import fc from "fast-check";

/**
 * Where random programs start from. The same in every run, so that a test never fails by luck; with
 * `LAYERWRIGHT_PROPERTY_SEED=random` each run tries others.
 */
export const SEED = seedOf(process.env["LAYERWRIGHT_PROPERTY_SEED"] ?? "1");

/** How many programs a property is tried with: as many as the environment says, or else these. */
export function tries(usual: number, inCi = usual): number {
  return Number(process.env["LAYERWRIGHT_PROPERTY_RUNS"] ?? (process.env["CI"] ? inCi : usual));
}

function seedOf(text: string): number {
  return text === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(text);
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
