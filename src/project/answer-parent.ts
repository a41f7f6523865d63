import { text } from "node:stream/consumers";
import { errorData } from "../errors/layerwright-error.js";
import type { ChildAnswer } from "./ask-child.js";

/** Runs a child program of `askChild`: the question from standard input, the answer to standard output. */
export async function answerParent<Question, Result>(
  answer: (question: Question) => Promise<Result>,
): Promise<void> {
  const question = JSON.parse(await text(process.stdin)) as Question;
  let reply: ChildAnswer<Result>;
  try {
    reply = { result: await answer(question) };
  } catch (error) {
    const failure = errorData(error);
    if (failure === undefined) throw error;
    reply = { failure };
  }
  process.stdout.write(JSON.stringify(reply));
}
