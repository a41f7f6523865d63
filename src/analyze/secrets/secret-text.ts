/** Kinds of secrets with the shapes that their makers gave them. */
const SHAPES: readonly (readonly [string, RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20,}/],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a token of npm", /_(?:authToken|auth|password)\s*=\s*["']?(?!\$)[^\s"'$]{6,}/],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a key of Google", /\bAIza[0-9A-Za-z_-]{35}\b/],
  ["a token of Slack", /\bxox[abposr]-[A-Za-z0-9-]{10,}/],
  ["a key of Stripe", /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ["a token of PyPI", /\bpypi-[A-Za-z0-9_-]{50,}/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ["a URL with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'$]+:(?!\$)[^\s/@"'$]+@/i],
];

/** Returns the kind of secret that a text holds; undefined when it looks like none. The text itself is never said. */
export function secretIn(text: string): string | undefined {
  return SHAPES.find(([, shape]) => shape.test(text))?.[0];
}

/**
 * Shapes that nothing but a secret has, in their whole length: what is refused without being asked. A name of a variable
 * alone, a URL with a password and an example are none.
 */
const SURE_SHAPES: readonly (readonly [string, RegExp])[] = [
  [
    "a private key",
    /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)[\s\S]{0,200}?[A-Za-z0-9+/=]{32}/,
  ],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b/],
  ["a token of GitLab", /\bglpat-[A-Za-z0-9_-]{20}/],
  ["a token of npm", /\bnpm_[A-Za-z0-9]{36}\b/],
  ["a token of npm", /_authToken\s*=\s*["']?[A-Za-z0-9_.-]{16}/],
  ["a secret key of AWS", /aws_secret_access_key["']?\s*[=:]\s*["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a JSON web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/],
  ["a token of Slack", /\bxox[abpr]-[0-9]{10,13}-[A-Za-z0-9-]{20}/],
  ["a key of Stripe", /\b[rs]k_live_[A-Za-z0-9]{24}/],
  ["a token of PyPI", /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50}/],
];

/** The kind of secret that a text holds beyond doubt; the text itself is never said. */
export function sureSecretIn(text: string): string | undefined {
  return SURE_SHAPES.map(([what, shape]) => {
    const found = shape.exec(text)?.[0];
    return found === undefined || /EXAMPLE/.test(found) ? undefined : what;
  }).find((what) => what !== undefined);
}

const SECRET_WORDS =
  /(?:^|[_-])(?:password|passwd|passphrase|pword|secret|secrets|token|apikey|api[_-]key|access[_-]key|private[_-]key|credential|credentials|auth)$/i;

/**
 * True when a variable's name says that its value is a secret. Names of files that hold one (`TOKEN_FILE`) end in other
 * words, and a public key is none.
 */
export function isSecretName(name: string): boolean {
  return SECRET_WORDS.test(name.replace(/([a-z0-9])([A-Z])/g, "$1_$2")) && !/public/i.test(name);
}

/** True when a value can be a secret at all: not empty, no path of a file that holds it, no variable, no switch. */
export function canBeSecret(value: string): boolean {
  return value !== "" && !/^(?:\/|\$|true$|false$|\d{1,2}$)/i.test(value);
}
