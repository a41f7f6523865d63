/** Fetches one file by URL. */
export interface Downloader {
  /** The bytes in order, no faster than they are taken. The caller verifies them. Errors are coded and never name credentials. */
  fetch(url: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
