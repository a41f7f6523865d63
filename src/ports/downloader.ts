/** Fetches one file by URL. */
export interface Downloader {
  /** The bytes in order. The caller verifies them. Errors are coded and never name credentials. */
  fetch(url: string): AsyncIterable<Uint8Array>;
}
