import { answerParent } from "./answer-parent.js";
import { type LocalBaseQuestion, listLocalBase } from "./list-local-base.js";

// Runs as a child of `local-bases.ts`: which image on disk, on standard input; its files, or one of them, on standard output.

await answerParent((question: LocalBaseQuestion) => listLocalBase(question));
