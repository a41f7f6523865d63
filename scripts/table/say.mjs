/** Says what happens now; the table itself goes to standard output. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
