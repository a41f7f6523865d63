import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");

/** The order of the folders, read from the table in docs/architecture.md so that page and test cannot differ. */
function folderRanks(): Map<string, number> {
  const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
  const ranks = new Map<string, number>();
  let rank = 0;
  for (const line of page.split("\n")) {
    const row = /^\| (`[a-z-]+\/`(?:, `[a-z-]+\/`)*) \|/.exec(line);
    if (row === null) continue;
    for (const [, name] of row[1]!.matchAll(/`([a-z-]+)\/`/g)) ranks.set(name!, rank);
    rank++;
  }
  return ranks;
}

/** Folders of a row of their own kind that see less than their place allows. */
const NARROW: Readonly<Record<string, readonly string[]>> = {
  adapters: ["adapters", "ports", "oci", "archive", "errors", "core"],
};

/** Folders that never meet: the plan, or the step nodes, are their contract. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ["dockerfile", "engine"],
  ["engine", "dockerfile"],
];

function typescriptFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return typescriptFiles(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

const IMPORT = /(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

function importsOf(file: string): { target: string; specifier: string }[] {
  const text = readFileSync(file, "utf8").replace(/^\s*\*.*$/gm, "");
  return [...text.matchAll(IMPORT)].map(([, specifier]) => ({
    specifier: specifier!,
    target: relative(source, resolve(dirname(file), specifier!)),
  }));
}

const folderOf = (path: string): string => (path.includes("/") ? path.split("/")[0]! : "");

/** More files need sub-directories that name their parts. */
const MOST_FILES = 25;

/** The text below a heading of a page, up to the next heading. */
function sectionOf(page: string, title: string): string {
  return page.split(/^## /m).find((section) => section.startsWith(`${title}\n`))!;
}

describe("the house", () => {
  const ranks = folderRanks();
  const files = typescriptFiles(source);

  it("has a row for every folder of src/, and no row for one that is not there", () => {
    const folders = readdirSync(source, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
    expect([...ranks.keys()].sort()).toEqual(folders);
  });

  it("lets a folder import only from the rows above its own", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const from = folderOf(relative(source, file));
      for (const { target, specifier } of importsOf(file)) {
        const to = folderOf(target);
        if (from === to || from === "") continue;
        const allowed = NARROW[from];
        const upward = ranks.get(to)! <= ranks.get(from)!;
        const stranger = STRANGERS.some(([one, other]) => one === from && other === to);
        if (!upward || stranger || (allowed !== undefined && !allowed.includes(to))) {
          wrong.push(`${relative(root, file)} imports ${specifier}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("lets an adapter import no other adapter's directory but adapters/host", () => {
    const adapterOf = (path: string): string | undefined => /^adapters\/([^/]+)\//.exec(path)?.[1];
    const wrong: string[] = [];
    for (const file of files) {
      const from = adapterOf(relative(source, file));
      if (from === undefined) continue;
      for (const { target, specifier } of importsOf(file)) {
        const to = adapterOf(target);
        if (to !== undefined && to !== from && to !== "host")
          wrong.push(`${relative(root, file)} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("touches files, processes and the network only in adapters, api and cli", () => {
    const outside = /from "(node:(fs|child_process|net|http|https|dns|worker_threads|os)[^"]*|undici)"/;
    // archive/ streams: it reads the files that a layer is made of, and runs compression in threads.
    const mayTouch = new Set(["adapters", "project", "api", "cli", "archive", ""]);
    const wrong = files
      .filter((file) => !mayTouch.has(folderOf(relative(source, file))))
      .filter((file) => outside.test(readFileSync(file, "utf8")))
      .map((file) => relative(root, file));
    expect(wrong).toEqual([]);
  });

  it("ends the process in one file only", () => {
    const wrong = files
      .filter((file) => /process\.exit\(/.test(readFileSync(file, "utf8")))
      .map((file) => relative(source, file));
    expect(wrong).toEqual(["cli/main.ts"]);
  });

  it("has no circle of files", () => {
    const known = new Set(files.map((file) => relative(source, file)));
    const imports = new Map(
      files.map((file) => {
        const targets = importsOf(file).map(({ target }) => target.replace(/\.js$/, ".ts"));
        return [relative(source, file), targets.filter((target) => known.has(target))];
      }),
    );
    const done = new Set<string>();
    const path: string[] = [];
    const circles: string[] = [];
    const visit = (file: string): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      if (done.has(file)) return;
      done.add(file);
      path.push(file);
      for (const target of imports.get(file) ?? []) visit(target);
      path.pop();
    };
    for (const file of known) visit(file);
    expect(circles).toEqual([]);
  });

  it("has at most 25 files beside each other in a directory", () => {
    const counts = new Map<string, number>();
    for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    const crowded = [...counts].filter(([, count]) => count > MOST_FILES);
    expect(crowded).toEqual([]);
  });

  it("names files that exist in docs/architecture.md, at most 15 on each journey and 40 words in the glossary", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    const missing = [...page.matchAll(/`(src\/[^`*]+)`/g)].filter(
      ([, path]) => !existsSync(join(root, path!)),
    );
    expect(missing.map(([, path]) => path)).toEqual([]);
    const [shared, bytes, line] = sectionOf(page, "The journey of one copied file")
      .split(/^To the .*:$/m)
      .map((part) => part.match(/^\d+\. `src\/.*`/gm)!);
    for (const way of [bytes, line]) expect(shared!.length + way!.length).toBeLessThanOrEqual(15);
    expect(sectionOf(page, "Glossary").match(/^\| \*\*/gm)!.length).toBeLessThanOrEqual(40);
  });

  it("has no grab-bag names", () => {
    const wrong = files.filter((file) => /(utils?|helpers?|misc|common|-impl)\.ts$/i.test(file));
    expect(wrong.map((file) => relative(root, file))).toEqual([]);
  });
});
