/** A word of a command, as far as the text says what a shell makes of it. */
export interface ShellWord {
  /** Without quotes; variables whose values are known are filled in. */
  readonly text: string;
  /** True when the shell puts in what the text does not say: a variable, the output of a command. */
  readonly open: boolean;
  /** True when the shell looks for matching files. */
  readonly glob: boolean;
  /** Variables in it whose values are not known. */
  readonly unknown?: readonly string[];
}

/** One program with its arguments, in the order in which the text has them. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
  /** Files that the command reads from or writes to by redirection. */
  readonly redirects: readonly { readonly op: string; readonly file: ShellWord }[];
  /** The part of a list `a && b` that it is in; `;`, `||` and a new line begin the next part. */
  readonly part: number;
  /** True when an earlier part, a condition or a loop decides whether it runs. */
  readonly conditional: boolean;
}

const KEYWORDS = new Set(["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"]);
const OPENS = new Set(["if", "while", "until", "for", "{"]);
const CLOSES = new Set(["fi", "done", "}"]);

/**
 * Reads a text as the commands of a POSIX shell, those inside of `$(...)` included. Undefined for what it does not
 * understand (functions, an unclosed quote): such a text may do anything.
 */
export function shellCommands(
  text: string,
  variables: Readonly<Record<string, string>> = {},
): readonly ShellCommand[] | undefined {
  const reader = new Reader(text, { ...variables });
  try {
    return reader.read();
  } catch (error) {
    if (error === NOT_UNDERSTOOD) return undefined;
    throw error;
  }
}

const NOT_UNDERSTOOD = Symbol("not understood");

class Reader {
  readonly #commands: ShellCommand[] = [];
  #at = 0;
  #words: ShellWord[] = [];
  #redirects: { op: string; file: ShellWord }[] = [];
  #part = 0;
  #depth = 0;
  #afterOr = false;
  readonly #heredocs: { readonly end: string; readonly strip: boolean; readonly quoted: boolean }[] = [];

  readonly text: string;
  readonly variables: Record<string, string>;

  constructor(text: string, variables: Record<string, string>) {
    this.text = text;
    this.variables = variables;
  }

  read(): readonly ShellCommand[] {
    while (this.#at < this.text.length) this.#step();
    this.#endCommand();
    if (this.#depth !== 0 || this.#heredocs.length > 0) throw NOT_UNDERSTOOD;
    return this.#commands;
  }

  #step(): void {
    const rest = this.text.slice(this.#at, this.#at + 3);
    const char = rest[0]!;
    if (rest.startsWith("\\\n")) this.#at += 2;
    else if (char === " " || char === "\t" || char === "\r") this.#at++;
    else if (char === "#") this.#comment();
    else if (char === "\n") this.#newLine();
    else if (rest.startsWith("&&")) this.#separate(2, "&&");
    else if (rest.startsWith("||")) this.#separate(2, "||");
    else if (rest.startsWith(";;")) this.#endCase();
    else if (/^(&>|\d*[<>])/.test(this.text.slice(this.#at))) this.#redirect();
    else if (char === ";" || char === "&") this.#separate(1, ";");
    else if (char === "|") this.#separate(rest[1] === "&" ? 2 : 1, "|");
    else if (char === "(") this.#open();
    else if (char === ")") this.#close();
    else this.#word();
  }

  #comment(): void {
    const end = this.text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.text.length : end;
  }

  #newLine(): void {
    this.#separate(1, ";");
    for (const { end, strip, quoted } of this.#heredocs.splice(0)) {
      for (;;) {
        if (this.#at >= this.text.length) throw NOT_UNDERSTOOD;
        const lineEnd = this.text.indexOf("\n", this.#at);
        const line = this.text.slice(this.#at, lineEnd < 0 ? undefined : lineEnd);
        this.#at = lineEnd < 0 ? this.text.length : lineEnd + 1;
        if ((strip ? line.replace(/^\t+/, "") : line) === end) break;
        if (!quoted && /\$\(|`/.test(line)) throw NOT_UNDERSTOOD;
      }
    }
  }

  #separate(length: number, by: "&&" | "||" | ";" | "|"): void {
    this.#at += length;
    this.#endCommand();
    if (by === "||" || by === ";") this.#part++;
    if (by === "||") this.#afterOr = true;
    if (by === ";") this.#afterOr = false;
  }

  #open(): void {
    if (this.#words.length > 0) throw NOT_UNDERSTOOD;
    this.#at++;
    this.#depth++;
  }

  #close(): void {
    this.#at++;
    this.#endCommand();
    this.#depth--;
    if (this.#depth < 0) throw NOT_UNDERSTOOD;
  }

  #endCommand(): void {
    const words = this.#words;
    const redirects = this.#redirects;
    this.#words = [];
    this.#redirects = [];
    while (words[0] !== undefined && !words[0].open) {
      const { text } = words[0];
      if (OPENS.has(text)) this.#depth++;
      if (CLOSES.has(text)) this.#depth--;
      if (text === "function" || text === "select") throw NOT_UNDERSTOOD;
      // The words of a loop are no command; commands in them were read already.
      if (text === "for") return;
      if (!KEYWORDS.has(text) && !CLOSES.has(text)) break;
      words.shift();
    }
    if (words.length === 0 && redirects.length === 0) return;
    this.#assign(words);
    const conditional = this.#depth > 0 || this.#afterOr;
    this.#commands.push({ words, redirects, part: this.#part, conditional });
  }

  /** Remembers plain assignments, so that later words can be filled in. */
  #assign(words: readonly ShellWord[]): void {
    const declared = /^(export|readonly|local|declare)$/.test(words[0]?.text ?? "") ? words.slice(1) : words;
    for (const { text, open } of declared) {
      const match = /^(\w+)=(.*)$/s.exec(text);
      if (match?.[1] === undefined) return;
      if (open || this.#depth > 0) delete this.variables[match[1]];
      else this.variables[match[1]] = match[2] ?? "";
    }
  }

  #redirect(): void {
    const match = /^(\d*)(&>>|&>|<<<|<<-|<<|<>|<&|<|>&|>>|>\||>)/.exec(this.text.slice(this.#at))!;
    const op = match[2]!;
    this.#at += match[0].length;
    if (op === "<(" || this.text[this.#at] === "(") throw NOT_UNDERSTOOD;
    this.#skip(/[ \t]/);
    const start = this.#at;
    const file = this.#readWord();
    if (op === "<<" || op === "<<-") {
      const quoted = /['"\\]/.test(this.text.slice(start, this.#at));
      this.#heredocs.push({ end: file.text, strip: op === "<<-", quoted });
    } else if (!(op.endsWith("&") && /^[\d-]+$/.test(file.text)) && op !== "<<<") {
      this.#redirects.push({ op: op.includes("<") ? "<" : op.includes(">>") ? ">>" : ">", file });
    }
  }

  #word(): void {
    const start = this.#at;
    const word = this.#readWord();
    const first = this.#words.every(({ text, open }) => !open && KEYWORDS.has(text));
    const plain = this.text.slice(start, this.#at);
    if (first && plain === "case") this.#startCase();
    else if (first && plain === "esac") this.#depth--;
    else this.#words.push(word);
  }

  /** `case WORD in`, up to the commands of the first pattern. */
  #startCase(): void {
    this.#words = [];
    this.#skip(/[ \t]/);
    this.#readWord();
    this.#skip(/\s/);
    if (this.#readWord().text !== "in") throw NOT_UNDERSTOOD;
    this.#depth++;
    this.#pattern();
  }

  #endCase(): void {
    this.#separate(2, ";");
    this.#pattern();
  }

  /** A pattern of a `case`, or its end. */
  #pattern(): void {
    this.#skip(/\s/);
    if (/^esac\b/.test(this.text.slice(this.#at))) return;
    const end = this.text.indexOf(")", this.#at);
    if (end < 0 || /[`$]/.test(this.text.slice(this.#at, end))) throw NOT_UNDERSTOOD;
    this.#at = end + 1;
  }

  #skip(what: RegExp): void {
    while (what.test(this.text[this.#at] ?? "")) this.#at++;
  }

  #readWord(): ShellWord {
    let text = "";
    let open = false;
    let glob = false;
    const unknown: string[] = [];
    const expand = (): void => {
      const name = /^\$\{?(\w+)/.exec(this.text.slice(this.#at))?.[1];
      const value = this.#expansion();
      if (value !== undefined) text += value;
      else {
        open = true;
        unknown.push(name ?? "");
      }
    };
    const start = this.#at;
    for (; this.#at < this.text.length; ) {
      const char = this.text[this.#at]!;
      if (/[\s;&|<>()]/.test(char)) break;
      this.#at++;
      if (char === "'") text += this.#until("'");
      else if (char === '"') {
        for (;;) {
          const inner = this.text[this.#at];
          if (inner === undefined) throw NOT_UNDERSTOOD;
          if (inner === "$" || inner === "`") {
            expand();
            continue;
          }
          this.#at++;
          if (inner === '"') break;
          if (inner !== "\\") text += inner;
          else {
            const next = this.text[this.#at++] ?? "";
            text += next === "\n" ? "" : /[$`"\\]/.test(next) ? next : `\\${next}`;
          }
        }
      } else if (char === "\\") {
        const next = this.text[this.#at++] ?? "";
        text += next === "\n" ? "" : next;
      } else if (char === "$" || char === "`") {
        this.#at--;
        expand();
      } else {
        if (/[*?[{]/.test(char) || (char === "~" && text === "")) glob = true;
        text += char;
      }
    }
    if (this.#at === start) throw NOT_UNDERSTOOD;
    return { text, open, glob, ...(unknown.length === 0 ? {} : { unknown }) };
  }

  /** The value of a `$...`, or undefined if only the shell knows it. */
  #expansion(): string | undefined {
    const rest = this.text.slice(this.#at);
    if (rest.startsWith("`")) {
      this.#at++;
      this.#inner(this.#until("`"));
      return undefined;
    }
    if (rest.startsWith("$((")) {
      const end = rest.indexOf("))");
      if (end < 0 || /\$\(|`/.test(rest.slice(3, end))) throw NOT_UNDERSTOOD;
      this.#at += end + 2;
      return undefined;
    }
    if (rest.startsWith("$(")) {
      const start = this.#at + 2;
      this.#at = closing(this.text, start, "(", ")");
      this.#inner(this.text.slice(start, this.#at - 1));
      return undefined;
    }
    if (rest.startsWith("${")) {
      const start = this.#at + 2;
      this.#at = closing(this.text, start, "{", "}");
      const inner = this.text.slice(start, this.#at - 1);
      if (/\$\(|`/.test(inner)) throw NOT_UNDERSTOOD;
      return /^\w+$/.test(inner) ? this.variables[inner] : undefined;
    }
    const name = /^\$(\w+|[@*#?$!-])/.exec(rest)?.[1];
    if (name === undefined) {
      this.#at++;
      return "$";
    }
    this.#at += name.length + 1;
    return this.variables[name];
  }

  /** Commands of a substitution run where the word is read. */
  #inner(text: string): void {
    const inner = new Reader(text, { ...this.variables }).read();
    this.#commands.push(...inner.map((one) => ({ ...one, part: this.#part, conditional: true })));
  }

  #until(quote: string): string {
    const end = this.text.indexOf(quote, this.#at);
    if (end < 0) throw NOT_UNDERSTOOD;
    const text = this.text.slice(this.#at, end);
    this.#at = end + 1;
    return text;
  }
}

/** The place after the bracket that closes one that was opened before `start`. */
function closing(text: string, start: number, open: string, close: string): number {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === "'") {
      at = text.indexOf("'", at + 1);
      if (at < 0) throw NOT_UNDERSTOOD;
    } else if (char === open) depth++;
    else if (char === close && --depth === 0) return at + 1;
  }
  throw NOT_UNDERSTOOD;
}
