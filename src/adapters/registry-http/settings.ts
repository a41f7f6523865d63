/** How one registry is reached. */
export interface RegistrySettings {
  /** Plain http instead of https. @default - true for this machine's own names and addresses, else false */
  readonly http?: boolean;
  /** Servers that are asked first when something is pulled: `mirror.example`, or `https://mirror.example/path`. */
  readonly mirrors?: readonly string[];
  /** A PEM file with the authorities of its certificate, beside those that Node knows. */
  readonly ca?: string;
  /** PEM files of the client's own certificate. */
  readonly cert?: string;
  readonly key?: string;
  /** Other servers that may have the user's login, to give a token for it: hosts, with their ports. */
  readonly tokenServers?: readonly string[];
  /** Bytes of a part when a blob is sent in parts. @default - a blob is sent whole */
  readonly chunkBytes?: number;
}
