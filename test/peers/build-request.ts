import { closeSync, openSync } from "node:fs";
import { type Peer, seenByPeer } from "./peers.js";

/** What a peer is asked to build; the same for every kind of builder. */
export interface BuildRequest {
  readonly contextDir: string;
  /** The path of the Dockerfile. `<it>.dockerignore` beside it is honoured. */
  readonly dockerfile: string;
  /** Folders, or `oci-layout://FOLDER`, by the name a `FROM` gives them. */
  readonly namedContexts?: Readonly<Record<string, string>>;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Files that secret mounts give, by id. */
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  /** The stage to stop at; the last one when left out. */
  readonly target?: string;
  /** The platform to build for; the machine's when left out. */
  readonly platform?: string;
  /** What RUN steps see. No bridge can be set up here, so one of these two. */
  readonly network?: "none" | "host";
  /** The archive to write; `imageListing` reads what any of the builders writes. */
  readonly outOciTar: string;
}

/** A named context as the peer has to be given it. */
export function contextSeenByPeer(peer: Peer, value: string): string {
  const scheme = /^oci-layout:\/\//.exec(value)?.[0] ?? "";
  const place = value.slice(scheme.length);
  // Only a layout has a tag or digest behind its path; a folder's name may hold these characters itself.
  const [path = "", ...tag] = scheme === "" ? [place] : place.split(/(?=[:@][^/]*$)/);
  return `${scheme}${seenByPeer(peer, path)}${tag.join("")}`;
}

/** The options that every builder spells alike. */
export function sharedOptions(peer: Peer, request: BuildRequest): string[] {
  const options = ["--file", seenByPeer(peer, request.dockerfile)];
  for (const [name, value] of Object.entries(request.namedContexts ?? {})) {
    options.push("--build-context", `${name}=${contextSeenByPeer(peer, value)}`);
  }
  for (const [name, value] of Object.entries(request.buildArgs ?? {})) {
    options.push("--build-arg", `${name}=${value}`);
  }
  for (const [id, { file }] of Object.entries(request.secrets ?? {})) {
    options.push("--secret", `id=${id},src=${seenByPeer(peer, file)}`);
  }
  if (request.platform !== undefined) options.push("--platform", request.platform);
  if (request.target !== undefined) options.push("--target", request.target);
  return options;
}

/** The peer's name for the archive; made first, since only what exists has one. */
export function outputSeenByPeer(peer: Peer, request: BuildRequest): string {
  closeSync(openSync(request.outOciTar, "w"));
  return seenByPeer(peer, request.outOciTar);
}
