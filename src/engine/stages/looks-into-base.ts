import { parentPath } from "../../core/posix-path.js";
import type {
  AddOperation,
  CopyOperation,
  FileOperation,
  Operation,
  PlanSource,
} from "../../plan/operation.js";
import { keepsName } from "../../plan/operation.js";
import type { Stage } from "../../plan/plan.js";
import type { FileSource } from "../../ports/file-source.js";
import { isStatic } from "../../rootfs/check-program.js";
import { isNumeric } from "../../rootfs/owners.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FileNode, FolderNode } from "../../rootfs/tree.js";
import { stagesOf } from "../check-plan.js";

/** A question about a stage on a base in a registry. */
interface BaseQuestion {
  readonly stage: Stage;
  /** All stages that the image needs. */
  readonly order: readonly Stage[];
  readonly packed: ReadonlySet<string>;
  readonly files: FileSource;
  /** The files of a stage that is finished already. */
  readonly treeOf: (stage: string) => FolderNode | undefined;
}

/**
 * True when steps depend on what is in the base, so that its layers have to be fetched. They do not where only the
 * config changes, and where single files are put into the root or into directories that the user vouches for, under
 * their own names: such a file is laid over whatever is there, as `COPY --link` does it. Under another name it may be
 * meant to go into a directory that the base has there. The answer depends on the description alone, never on what is
 * in the store, since both ways can give different layers.
 */
export async function looksIntoBase(question: BaseQuestion): Promise<boolean> {
  const { stage, order, packed } = question;
  const known = vouchedFolders(stage);
  const above = order.filter((other) => standsOn(other, stage, order));
  for (const other of above) {
    // Who copies out of a stage, or melts it, needs its files.
    if (!packed.has(other.id) || other.squash === "all") return true;
    if (order.some((user) => isSource(user, other))) return true;
    for (const operation of other.layers.flatMap(({ operations }) => operations)) {
      if (await looks(operation, known, question)) return true;
    }
  }
  return false;
}

/** The directories of a base that are as new ones would be: the root, and those that the user vouches for. */
export function vouchedFolders({ base }: Stage): ReadonlySet<string> {
  const folders = new Set(["/"]);
  const named = base.kind === "registry" ? (base.folders ?? []) : [];
  for (const folder of named) for (let at = folder; at !== "/"; at = parentPath(at)) folders.add(at);
  return folders;
}

function isSource(user: Stage, { id }: Stage): boolean {
  const asBase = user.base.kind === "stage" && user.base.stage === id ? 1 : 0;
  return [...stagesOf(user)].filter((needed) => needed === id).length > asBase;
}

function standsOn(stage: Stage, lowest: Stage, order: readonly Stage[]): boolean {
  if (stage.id === lowest.id) return true;
  const { base } = stage;
  const below = base.kind === "stage" ? order.find(({ id }) => id === base.stage) : undefined;
  return below !== undefined && standsOn(below, lowest, order);
}

async function looks(
  operation: Operation,
  known: ReadonlySet<string>,
  question: BaseQuestion,
): Promise<boolean> {
  if (!isPlacing(operation)) return true;
  // Names of accounts are looked up in the base.
  if (operation.owner !== undefined && !isNumeric(operation.owner)) return true;
  switch (operation.op) {
    case "write":
    case "symlink":
      return !known.has(parentPath(operation.path)) || known.has(operation.path);
    case "add":
      return !fits(operation, known);
    default:
      return !fits(operation, known) || !(await areFiles(operation, question));
  }
}

type Placing = Extract<FileOperation, { op: "write" | "symlink" | "add" | "copy" }>;

function isPlacing(operation: Operation): operation is Placing {
  return ["write", "symlink", "add", "copy"].includes(operation.op);
}

/** True when a destination is a file of the source's name in a directory that is known, or is such a directory. */
function fits(operation: AddOperation | CopyOperation, known: ReadonlySet<string>): boolean {
  const { dest, into } = operation;
  return into ? known.has(dest) : known.has(parentPath(dest)) && !known.has(dest) && keepsName(operation);
}

/** True when every source is one file: a directory is merged with what is there. */
async function areFiles(operation: CopyOperation, question: BaseQuestion): Promise<boolean> {
  for (const source of operation.sources) {
    const file = fileOf(source, operation, question);
    if (file === undefined) return false;
    // What is not static is checked against the base's own loader and libraries.
    if (operation.executable === true && !(await isStatic(file))) return false;
  }
  return true;
}

function fileOf(
  source: PlanSource,
  { exclude = [] }: CopyOperation,
  question: BaseQuestion,
): FileNode | undefined {
  if (source.from === "stage") {
    const tree = question.treeOf(source.stage);
    const node = tree && resolvePath(tree, source.path).node;
    return node?.type === "file" ? node : undefined;
  }
  // What is not found is told by the copy itself.
  const [match, ...others] = listed(source, exclude, question.files);
  const entry = match?.entries[0];
  if (others.length > 0 || match?.shape !== "file" || entry?.type !== "file") return undefined;
  return { type: "file", mode: entry.mode, uid: 0, gid: 0, mtime: 0, size: entry.size, content: entry.host };
}

function listed(
  source: Extract<PlanSource, { from: "context" }>,
  exclude: readonly string[],
  files: FileSource,
) {
  try {
    return files.list(source.context, source.path, exclude);
  } catch {
    return [];
  }
}
