import { parentPath } from "../core/posix-path.js";
import type { Mode } from "../image/mode.js";
import { modeAfter } from "../image/mode.js";
import type { FileOperation, RunOperation } from "../plan/operation.js";
import { type ChangeOperation, changeCommand, ownerWord } from "./change-command.js";
import type { StageDraft } from "./draft.js";
import { octalText } from "./flags.js";
import { isFolder } from "./known-tree.js";
import { mergesFolder } from "./layer-effects.js";
import { shellWord, shellWords } from "./quoting.js";

/** An empty directory that is mounted while a script keeps hard links apart. */
export const LINKS_MOUNT = "/run/layerwright-links";

/**
 * Functions that keep the commands of one RUN apart as on layers of their own, where a file of an earlier command is
 * copied before it is changed, so that its other names stay as they are. `part_links` gives each name that a command
 * linked a file of its own, those of the base aside; `join_links` makes those one again that nothing has touched since.
 *
 * What was touched shows in the time of its last change, so `tick` waits until the clock of the file system has moved
 * on.
 */
const PART_LINKS = `links=${LINKS_MOUNT}
parted=
tick() {
  touch "$links/a"
  until touch "$links/b" && [ "$(stat -c %z "$links/b")" != "$(stat -c %z "$links/a")" ]; do :; done
}
linked() {
  find / -xdev -type f -links +1 -exec stat -c '%d_%i|%n' {} +
}
part_links() {
  now=
  while IFS='|' read -r id name; do
    case "
$before
" in *"
$id|$name
"*) continue ;; esac
    if [ -z "$id" ]; then continue; fi
    now="$now
$id|$name"
    if [ "$(stat -c %h "$name")" -gt 1 ]; then
      cp -p "$name" "$name.layerwright"
      mv -f "$name.layerwright" "$name"
    fi
  done <<NAMES
$(linked)
NAMES
  while IFS='|' read -r id name; do
    if [ -z "$id" ]; then continue; fi
    parted="$parted
$id|$(stat -c %i:%z "$name")|$name"
  done <<NAMES
$now
NAMES
  tick
}
join_links() {
  while IFS='|' read -r id state name; do
    if [ -z "$id" ] || [ "$(stat -c %i:%z "$name" 2>/dev/null)" != "$state" ]; then continue; fi
    eval "first=\\$first_$id"
    if [ -z "$first" ]; then eval "first_$id=\\$name"; else ln -f "$first" "$name"; fi
  done <<NAMES
$parted
NAMES
}
before=$(linked)`;

const LINK_WITHOUT_S = /(^|[\s;&|(])ln\s+(?!(\S+\s+)*?(-[a-zA-Z]*s[a-zA-Z]*|--symbolic)(\s|$))/;
const LINKING_COPY = /(^|[\s;&|(])cp\s+(\S+\s+)*?(-[a-zA-Z]*l[a-zA-Z]*|--link)(\s|$)/;
const LINKING_SYNC = /(^|[\s;&|(])rsync\s+(\S+\s+)*?(-[a-zA-Z]*H[a-zA-Z]*|--hard-links|--link-dest\S*)(\s|$)/;

/** True when a command, by its words, may give a file another name. */
export function mayLink({ command }: RunOperation): boolean {
  const text = typeof command === "string" ? command : command.join(" ");
  return text
    .split(/[;&|\n]+/)
    .some((part) => [LINK_WITHOUT_S, LINKING_COPY, LINKING_SYNC].some((words) => words.test(part)));
}

/** The mount point of the files that a layer brings, while its one RUN copies them in. */
export const MOUNT = "/run/layerwright";

/**
 * Makes the missing parent directories of a path with owner root and mode 0755, without setgid or a group from above.
 */
const PARENTS = `parents() {
  if [ ! -d "\${1:-/}" ]; then
    parents "\${1%/*}"
    mkdir "$1"
    chown 0:0 "$1"
    chmod 00755 "$1"
  fi
}`;

/**
 * Places one file from the mount as COPY would: a link in its place is followed, and what it replaces goes first, so
 * that nothing is written through another name of it.
 */
const PUT_FILE = `put() {
  parents "\${2%/*}"
  file=$2
  while [ -L "$file" ]; do
    target=$(readlink "$file")
    case $target in /*) file=$target ;; *) file=\${file%/*}/$target ;; esac
  done
  if [ ! -d "$file" ]; then rm -f "$file"; fi
  cp -a "$1" "$file"
}`;

/**
 * Merges a directory from the mount as COPY would: what is copied keeps mode and owner, missing parents are root's, and
 * the directory that it goes into is left alone.
 */
const PUT_TREE = `make_way() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    if [ -d "$2" ]; then
      for inner in "$1"/* "$1"/.[!.]* "$1"/..?*; do make_way "$inner" "$2/\${inner##*/}"; done
    fi
  elif [ -L "$2" ] || [ -f "$2" ]; then
    rm -f "$2"
  fi
}
put_tree() {
  if [ ! -d "$2" ]; then
    parents "$2"
    chown "$4" "$2"
    chmod "$3" "$2"
  fi
  make_way "$1" "$2"
  (
    cd "$1"
    into=$2
    set --
    for entry in * .[!.]* ..?*; do
      if [ -e "$entry" ] || [ -L "$entry" ]; then set -- "$@" "./$entry"; fi
    done
    if [ $# -gt 0 ]; then cp -a "$@" "$into"/; fi
  )
}`;

/**
 * Changes the owner of the mounted files to a name that is looked up now; setuid and setgid stay, which chown takes
 * away.
 */
const OWN = `own() {
  special=$(find "$2" -type f -perm -2000 -exec stat -c '%a %n' {} \\;
    find "$2" -type f -perm -4000 ! -perm -2000 -exec stat -c '%a %n' {} \\;)
  chown -Rh "$1" "$2"
  if [ -n "$special" ]; then
    printf '%s\\n' "$special" | while read -r mode file; do chmod "$mode" "$file"; done
  fi
}`;

/** A file operation as lines of a POSIX script. */
interface FileLines {
  readonly lines: readonly string[];
  /** The functions that they call. */
  readonly uses: ReadonlySet<ScriptFunction>;
}

const FUNCTIONS = { parents: PARENTS, file: PUT_FILE, tree: PUT_TREE, own: OWN, links: PART_LINKS } as const;

/** A function that a script defines before its first line. */
export type ScriptFunction = keyof typeof FUNCTIONS;

/** The definitions of the functions that a script uses. */
export function functionLines(uses: ReadonlySet<ScriptFunction>): string[] {
  return Object.entries(FUNCTIONS)
    .filter(([name]) => uses.has(name as ScriptFunction))
    .map(([, text]) => text);
}

/**
 * The lines of a POSIX script that do what a file operation says.
 *
 * @param mounted where its files are
 * @param late an owner whose name is looked up when the script has come to here
 */
export function fileLines(
  draft: StageDraft,
  operation: FileOperation,
  mounted: string,
  late: boolean,
): FileLines {
  const owner = ownerWord(draft, operation);
  const uses = new Set<ScriptFunction>();
  const use = (...names: ScriptFunction[]) => {
    for (const name of names) uses.add(name);
  };
  const lines = (): readonly string[] => {
    switch (operation.op) {
      case "copy":
      case "add":
      case "write": {
        const special = late && mayBeSpecial(operation);
        if (special) use("own");
        return [
          ...(late ? [`${special ? "own" : "chown -Rh"} ${shellWords([owner, mounted])}`] : []),
          ...refuseDirectory(draft, operation),
          put(draft, operation, mounted, owner, late, use),
        ];
      }
      case "mkdir": {
        use("parents");
        const path = shellWord(operation.path);
        const make = `parents ${path}`;
        const look = `chown ${owner} ${path}; chmod ${directoryMode(operation.mode)} ${path}`;
        if (operation.ifMissing) return [`if [ ! -d ${path} ]; then ${make}; ${look}; fi`];
        return [make, ...look.split("; ")];
      }
      case "symlink": {
        use("parents");
        const path = shellWord(operation.path);
        return [
          `parents ${shellWord(parentPath(operation.path))}`,
          `ln -sfn ${shellWord(operation.target)} ${path}`,
          `chown -h ${owner} ${path}`,
        ];
      }
      default:
        return [changeLine(draft, operation)];
    }
  };
  return { lines: lines(), uses };
}

/** The line that places what is mounted: a plain cp(1) where nothing is in its place. */
function put(
  draft: StageDraft,
  operation: PlacingOperation,
  mounted: string,
  owner: string,
  late: boolean,
  use: (...names: ScriptFunction[]) => void,
): string {
  const dest = operation.op === "write" ? operation.path : operation.dest;
  const real = draft.tree.real(dest, true);
  const isFree = draft.tree.at(real).kind === "absent" && isFolder(draft.tree.at(parentPath(real)));
  // The mounted directory is the script's own where files go into one: it must not be somebody's.
  const isWhole = !(late && operation.op !== "write" && operation.into);
  if (isFree && isWhole) return shellWords(["cp", "-a", mounted, real]);
  const shape = shapeOf(draft, operation);
  const merges = operation.op === "copy" && (!operation.into || mergesFolder(draft, operation));
  const look = merges ? [directoryMode(operation.mode), owner] : ["00755", "0:0"];
  const file = `put ${shellWords([mounted, dest])}`;
  const tree = `put_tree ${shellWords([mounted, dest, ...look])}`;
  use("parents");
  if (shape !== "tree") use("file");
  if (shape !== "file") use("tree");
  if (shape === "unknown") return `if [ -d ${shellWord(mounted)} ]; then ${tree}; else ${file}; fi`;
  return shape === "file" ? file : tree;
}

/** A written file stands at just its path, where a directory may be after a command. */
function refuseDirectory(draft: StageDraft, operation: PlacingOperation): string[] {
  if (operation.op !== "write" || draft.tree.at(draft.tree.real(operation.path, true)).kind !== "unknown")
    return [];
  const path = shellWord(operation.path);
  return [`if [ -d ${path} ]; then echo ${shellWord(`${operation.path} is a directory`)} >&2; exit 1; fi`];
}

type PlacingOperation = Extract<FileOperation, { op: "copy" | "add" | "write" }>;

/** The files in the mount for an operation. */
function shapeOf(draft: StageDraft, operation: PlacingOperation): "file" | "tree" | "unknown" {
  if (operation.op === "write") return "file";
  if (operation.into) return "tree";
  if (operation.op === "add" || operation.executable) return "file";
  if (mergesFolder(draft, operation)) return "tree";
  const areFiles = operation.sources.every((source) => {
    if (source.from === "context") return source.found?.shape === "file";
    const stage = draft.emission.stages.get(source.stage);
    return stage?.tree.at(stage.tree.real(source.path, true)).kind === "file";
  });
  return areFiles ? "file" : "unknown";
}

/** True when a file that is brought may have setuid or setgid. */
function mayBeSpecial(operation: FileOperation): boolean {
  const mode = "mode" in operation ? operation.mode : undefined;
  if (mode !== undefined && "octal" in mode) return (mode.octal & 0o6000) !== 0;
  if (mode?.symbolic.includes("s")) return true;
  return operation.op === "copy" && operation.sources.some(({ from }) => from === "stage");
}

function changeLine(draft: StageDraft, operation: ChangeOperation): string {
  const { args, script } = changeCommand(draft, operation);
  return script ?? shellWords(args);
}

/** Bits of a new directory in five digits, so that it keeps none of those that it has from its parent. */
function directoryMode(mode: Mode | undefined): string {
  return octalText(modeAfter(mode, 0o755, true)).padStart(5, "0");
}
