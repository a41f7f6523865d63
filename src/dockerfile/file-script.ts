import { parentPath } from "../core/posix-path.js";
import type { FileOperation } from "../plan/operation.js";
import { modeAfter, octalText } from "./mode-flag.js";
import { ownerFlag } from "./owner-flag.js";
import { shellWord, shellWords } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";
import { mergesFolder } from "./write-layer.js";

/** Where the files that a layer brings are mounted while its one RUN copies them in. */
export const MOUNT = "/run/layerwright";

/**
 * Merges one file or folder from the mount as COPY would: what is copied keeps mode and owner, missing parents are
 * root's, and the folder that it goes into is left alone.
 */
export const PUT = `put() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    if [ ! -d "$2" ]; then
      mkdir -p "$2"
      chown "$4" "$2"
      chmod "$3" "$2"
    fi
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -e "$entry" ] || [ -L "$entry" ]; then cp -a "$entry" "$2"/; fi
    done
  else
    mkdir -p "\${2%/*}/"
    cp -a "$1" "$2"
  fi
}`;

/** The lines of a POSIX script that do what a file operation says; `mounted` is where its files are. */
export function fileLines(
  draft: StageDraft,
  operation: FileOperation,
  mounted: string | undefined,
): string[] {
  const owner =
    "owner" in operation && operation.owner !== undefined ? ownerText(draft, operation) : undefined;
  switch (operation.op) {
    case "copy": {
      const look = mergesFolder(draft, operation)
        ? [octalText(modeAfter(operation.mode, 0o755, true)), owner ?? "0:0"]
        : ["0755", "0:0"];
      return [`put ${shellWords([mounted ?? "", operation.dest, ...look])}`];
    }
    case "add":
      return [`put ${shellWords([mounted ?? "", operation.dest, "0755", "0:0"])}`];
    case "write":
      return [`put ${shellWords([mounted ?? "", operation.path])}`];
    case "mkdir": {
      const path = shellWord(operation.path);
      const look = [
        `chmod ${octalText(modeAfter(operation.mode, 0o755, true))} ${path}`,
        ...(owner === undefined ? [] : [`chown ${owner} ${path}`]),
      ];
      if (operation.ifMissing) return [`if [ ! -d ${path} ]; then mkdir -p ${path}; ${look.join("; ")}; fi`];
      return [`mkdir -p ${path}`, ...look];
    }
    case "symlink": {
      const path = shellWord(operation.path);
      const chown = owner === undefined ? [] : [`chown -h ${owner} ${path}`];
      return [
        `mkdir -p ${shellWord(parentPath(operation.path))}`,
        `ln -sfn ${shellWord(operation.target)} ${path}`,
        ...chown,
      ];
    }
    default:
      return [shellWords(changeArguments(draft, operation))];
  }
}

/** The tool and its arguments that remove or change something. */
export function changeArguments(
  draft: StageDraft,
  operation: Extract<FileOperation, { op: "remove" | "chmod" | "chown" }>,
): readonly string[] {
  const recursive = "recursive" in operation && operation.recursive ? ["-R"] : [];
  if (operation.op === "remove") return ["rm", "-rf", operation.path];
  if (operation.op === "chmod") {
    const { mode } = operation;
    return ["chmod", ...recursive, "octal" in mode ? octalText(mode.octal) : mode.symbolic, operation.path];
  }
  return ["chown", ...(recursive.length > 0 ? ["-Rh"] : []), ownerText(draft, operation), operation.path];
}

function ownerText(draft: StageDraft, operation: FileOperation): string {
  if (!("owner" in operation) || operation.owner === undefined) return "0:0";
  const flag = ownerFlag(draft, operation.owner, operation.origin);
  // For chown(1), a name and a colon is the name's own group.
  return flag.text.includes(":") ? flag.text : `${flag.text}:`;
}
