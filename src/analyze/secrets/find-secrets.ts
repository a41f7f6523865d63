import type { Origin } from "../../errors/origin.js";
import { readFileNode } from "../../rootfs/read-node.js";
import type { ObservedImage, ObservedLayer } from "../observed-image.js";
import { secretIn } from "./secret-text.js";

/** A file of a layer that looks like a secret; what is in it is never told. */
export interface FoundSecret {
  /** Absolute. */
  readonly path: string;
  /** The kind of secret, in a few words. */
  readonly what: string;
  /** True when it came with the base. */
  readonly inherited: boolean;
  readonly origin?: Origin;
}

/** Larger files are no configuration and no keys. */
const MAX_LOOK = 64 * 1024;

/** Looks through all layers, since what a later layer removes is still in the image. */
export async function findSecrets({ layers }: ObservedImage): Promise<readonly FoundSecret[]> {
  const found: FoundSecret[] = [];
  for (const layer of layers) {
    const add = (path: string, what: string): void => {
      const origin = layer.originOf(path);
      const { inherited } = layer;
      found.push({ path: `/${path}`, what, inherited, ...(origin === undefined ? {} : { origin }) });
    };
    const look = new Set<string>();
    for (const { type, path, size } of await layer.entries()) {
      if (type !== "file" || size === 0) continue;
      const told = secretFile(path);
      if (told === undefined) continue;
      if ("sure" in told) add(path, told.sure);
      else if (size <= MAX_LOOK) look.add(path);
    }
    if (look.size === 0) continue;
    for (const [path, text] of await textsOf(layer, look)) {
      const what = secretIn(text) ?? (/"auth"\s*:\s*"[^"]/.test(text) ? "a login of a registry" : undefined);
      if (what !== undefined) add(path, what);
    }
  }
  return found;
}

/** The contents of some small files of a layer, by path; of none where only the entries are known. */
async function textsOf(layer: ObservedLayer, paths: ReadonlySet<string>): Promise<[string, string][]> {
  const opened = await layer.open?.();
  if (opened === undefined) return [];
  const { index, bytes, close } = opened;
  try {
    const texts: [string, string][] = [];
    for (const { entry, offset } of index.entries) {
      if (entry.type !== "file" || !paths.has(entry.path)) continue;
      const content = { kind: "layer" as const, layer: bytes, offset };
      const read = await readFileNode({ ...entry, type: "file", content }, MAX_LOOK);
      texts.push([entry.path, Buffer.from(read).toString("utf8")]);
    }
    return texts;
  } finally {
    await close();
  }
}

/** The verdict on a file by its name alone. */
export type SecretFile = { readonly sure: string } | { readonly look: true } | undefined;

const SURE: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, "a private key of SSH"],
  [/(^|\/)\.env(?:\.(?!example$|sample$|template$|dist$|defaults$)[^/]+)?$/, "variables of an environment"],
  [/(^|\/)[._]netrc$/, "logins"],
  [/(^|\/)\.git-credentials$/, "logins of git"],
  [/(^|\/)\.pgpass$/, "passwords of PostgreSQL"],
  [/(^|\/)\.aws\/credentials$/, "keys of AWS"],
  [/(^|\/)\.kube\/config$/, "a login of Kubernetes"],
  [/\.(?:pfx|p12)$/i, "a key store"],
];

/** Names of files that are harmless unless a secret is written in them. */
const LOOK =
  /(^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pypirc|\.docker\/config\.json|\.dockercfg|[^/]+\.(?:pem|key))$/i;

/** Judges a path, absolute or not, by its name. */
export function secretFile(path: string): SecretFile {
  const sure = SURE.find(([name]) => name.test(path));
  if (sure !== undefined) return { sure: sure[1] };
  return LOOK.test(path) ? { look: true } : undefined;
}
