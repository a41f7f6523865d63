import type { Progress, ProgressEvent } from "../ports/progress.js";

/** Options of a verb that tells somebody how it goes, and that can be stopped. */
interface WatchedOptions {
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a verb whose progress goes to code of the user. Reports come from anywhere, also from the middle of a stream, where
 * an error that is thrown would end the process. So a report that throws, or whose promise rejects, stops the verb as the
 * caller's signal does, and the verb fails with that error. Nothing is reported after it.
 */
export async function watched<Options extends WatchedOptions, Result>(
  options: Options,
  work: (options: Options) => Promise<Result>,
): Promise<Result> {
  const { progress, signal } = options;
  if (progress === undefined) return work(options);
  const stop = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    stop.abort(error);
  };
  const report = (event: ProgressEvent): void => {
    if (failure !== undefined) return;
    try {
      const said: unknown = progress.report(event);
      if (said instanceof Promise) said.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  try {
    return await work({ ...options, progress: { report }, signal: either });
  } finally {
    // The promise of the last report may have rejected, and not have said so yet.
    await new Promise(setImmediate);
    // biome-ignore lint/correctness/noUnsafeFinally: what stopped the verb is what it fails with.
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  }
}
