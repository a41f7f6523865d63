/**
 * Characters that a terminal or a page obeys, or does not show: C0 and C1 controls, which escape sequences start with;
 * bidirectional controls, which let a name look like another one (CVE-2021-42574); separators of lines and paragraphs;
 * invisible characters but for the two joiners that names in some scripts need; halves of surrogate pairs.
 */
const OBEYED = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * Text by others as it may be shown: characters that would be obeyed stand there as JSON spells them, `\u202e`. Line
 * breaks and tabs stay. In a JSON document such characters are inside of strings only, so it stays the same document.
 */
export function shownText(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** The same on one line: runs of line breaks and tabs become a space. */
export function shownLine(text: string): string {
  return shownText(text.replace(/[\t\n\v\f\r]+/g, " "));
}

function escaped(found: string): string {
  return Array.from(
    { length: found.length },
    (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}
