import { familiarReference, parseReference } from "../oci/reference.js";

/** True when a word of `lock --update` means a reference: its repository, or all of it, in short or in full. */
export function meansImage(word: string, reference: string): boolean {
  const familiar = familiarReference(reference);
  const { domain, path } = parseReference(reference);
  const repository = familiar.slice(0, familiar.lastIndexOf(":"));
  return [familiar, repository, reference, `${domain}/${path}`].includes(word);
}

/** True when a word of `lock --update` means a URL: all of it, its host, or the name of the file. */
export function meansFile(word: string, url: string): boolean {
  const { host, pathname } = new URL(url);
  return [url, host, pathname.slice(pathname.lastIndexOf("/") + 1)].includes(word);
}

/** True when a word of `lock --update` means what was decided about layers: `layers` is all of it, a name that of one image. */
export function meansLayering(word: string, images: readonly string[]): boolean {
  return word === "layers" || images.includes(word);
}
