/** The engines that are known. */
export type EngineName = "docker" | "podman";

/** Where an engine may be: its API behind a socket, or its program. */
export type EnginePlace = EngineApi | EngineProgram;

/** An engine's API. Podman's speaks Docker's. */
export interface EngineApi {
  readonly kind: "api";
  readonly engine: EngineName;
  /** What was read to find it, in a few words: `DOCKER_HOST`, `the Docker context "remote"`. */
  readonly source: string;
  /** Set when the user named it: no other one is tried. */
  readonly named: boolean;
  readonly address: EngineAddress;
}

/** Where requests go. */
export type EngineAddress =
  | { readonly socket: string }
  | { readonly host: string; readonly port: number; readonly tls?: EngineTls };

/** The certificates of a connection to an engine; each one where it is there. */
export interface EngineTls {
  readonly verify: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** An engine's program, which reads archives from its standard input. */
export interface EngineProgram {
  readonly kind: "program";
  readonly engine: EngineName;
}

/** A place as people read it. */
export function placeText(place: EnginePlace): string {
  if (place.kind === "program") return `\`${place.engine} load\``;
  const { address } = place;
  return "socket" in address ? address.socket : `${address.host}:${address.port}`;
}
