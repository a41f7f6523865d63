/** What a file's name alone says about it. */
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
