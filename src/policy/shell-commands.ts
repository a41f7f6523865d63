/**
 * The simple commands of a shell text as words, as far as they are written out: quotes are taken off, what a shell
 * works out (`$NAME`) stays as it is, and leading variables, `sudo`, `env` and the like are left out.
 */
export function simpleCommands(text: string): readonly (readonly string[])[] {
  const joined = text.replace(/\\\r?\n/g, " ");
  const commands: string[][] = [];
  let words: string[] = [];
  const end = (): void => {
    const command = withoutPrefix(words);
    if (command.length > 0) commands.push(command);
    words = [];
  };
  // Quoted and escaped pieces belong to their word; of the rest, what separates commands stands alone.
  for (const [token] of joined.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s;&|()"'\\])+|[;&|()\n]/gs)) {
    if (/^[;&|()\n]$/.test(token)) end();
    else if (token.startsWith("#") && words.length === 0) words.push(token);
    else words.push(unquoted(token));
  }
  end();
  return commands;
}

const PREFIX = /^(?:\w+=.*|sudo|env|exec|time|nice|command|then|do|else|if|while|until|!|\{)$/s;

function withoutPrefix(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !PREFIX.test(word));
  return first === -1 ? [] : words.slice(first);
}

function unquoted(token: string): string {
  return token.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) => {
    if (double !== undefined) return (double as string).replace(/\\(["\\$`])/g, "$1");
    return single ?? escaped;
  });
}
