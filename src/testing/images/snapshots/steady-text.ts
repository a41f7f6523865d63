/** Text without what changes by itself: digests, and the folders of this machine. */
export function steadyText(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b/g, "…");
}

/** A path as it stays on other machines: one that is absolute by its last name alone. */
export function steadyPath(path: string): string {
  return path.startsWith("/") ? `…/${path.slice(path.lastIndexOf("/") + 1)}` : path;
}
