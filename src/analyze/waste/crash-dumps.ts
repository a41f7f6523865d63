import type { PathKind } from "./path-kind.js";

const PLACE = /^var\/(crash|lib\/systemd\/coredump|lib\/apport\/coredump)\//;
/** As kernels, Valgrind, Java and Node name them. A file that is named `core` alone can be anything. */
const NAME =
  /(?:^|\/)(core\.\d+|vgcore\.\d+|hs_err_pid\d+\.log|java_pid\d+\.hprof|Heap[.-][^/]*\.heapsnapshot)$/;

/** What programs that crashed left. */
export const crashDumps: PathKind = {
  kind: "crash-dump",
  recognize(path) {
    const name = NAME.exec(path)?.[1];
    if (name === undefined && !PLACE.test(path)) return undefined;
    const exclude = name === undefined ? `**/${PLACE.exec(path)![0]}` : `**/${name.replace(/\d+/g, "*")}`;
    return { what: "dumps of crashed programs", exclude, advice: "remove it in the command that crashes" };
  },
};
