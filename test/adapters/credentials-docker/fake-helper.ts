import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A home folder with files of credentials, and helpers on a PATH of their own. */
export class FakeHome {
  readonly home: string;
  readonly env: Record<string, string>;

  constructor(home: string) {
    this.home = home;
    mkdirSync(join(home, "bin"));
    this.env = { PATH: `${join(home, "bin")}:/usr/bin:/bin`, XDG_RUNTIME_DIR: join(home, "run"), HOME: home };
  }

  get config(): string {
    return join(this.home, ".docker/config.json");
  }

  /** What the classes under test take instead of this process's own surroundings. */
  get places() {
    return { env: this.env, home: this.home, platform: "linux" as const, uid: 1000 };
  }

  write(file: string, content: unknown): void {
    const path = join(this.home, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  }

  /** A helper that is a shell script; `$1` is the action, `$server` what it was given. */
  helper(name: string, body: string): void {
    const path = join(this.home, "bin", `docker-credential-${name}`);
    writeFileSync(path, `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${this.log}\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /** A line a call of a helper. */
  get log(): string {
    return join(this.home, "calls.log");
  }

  /** A helper that keeps what it is given in files of a folder. */
  keepingHelper(name: string): void {
    const kept = join(this.home, `kept-${name}`);
    mkdirSync(kept);
    const script = `
const fs = require("fs"), path = require("path");
const input = fs.readFileSync(0, "utf8"), action = process.argv[2];
fs.appendFileSync(${JSON.stringify(this.log)}, action + "\\n");
const place = (server) => path.join(${JSON.stringify(kept)}, encodeURIComponent(server));
if (action === "store") fs.writeFileSync(place(JSON.parse(input).ServerURL), input);
else if (!fs.existsSync(place(input))) { console.log("credentials not found in native keychain"); process.exit(1); }
else if (action === "get") process.stdout.write(fs.readFileSync(place(input)));
else fs.rmSync(place(input));
`;
    const path = join(this.home, "bin", `docker-credential-${name}`);
    writeFileSync(path, `#!${process.execPath}\n${script}`);
    chmodSync(path, 0o755);
  }
}

/** The `auth` of an entry. */
export function auth(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Whether a text holds a secret, as it is or encoded. */
export function holdsSecret(text: string, secret: string): boolean {
  const bytes = Buffer.from(secret);
  // The middle of a longer text in base64 depends on where it begins.
  const encoded = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift, "x"), bytes])
      .toString("base64")
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [secret, bytes.toString("hex"), ...encoded].some((form) => text.includes(form));
}
