/** A text as one word of a POSIX shell, in single quotes where the shell would read more than letters in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9.,+:=@%/_-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
