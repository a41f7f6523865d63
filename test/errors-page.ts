import { archiveMessages, baseMessages } from "../src/errors/catalogue/base.js";
import { engineMessages, runMessages } from "../src/errors/catalogue/build.js";
import {
  cliMessages,
  differenceMessages,
  reportMessages,
  selectionMessages,
} from "../src/errors/catalogue/cli.js";
import { contextMessages } from "../src/errors/catalogue/context.js";
import { descriptionMessages, platformMessages } from "../src/errors/catalogue/description.js";
import { lockMessages } from "../src/errors/catalogue/lock.js";
import { outputMessages, storeMessages, transferMessages } from "../src/errors/catalogue/output.js";
import { dockerfileMessages, planMessages } from "../src/errors/catalogue/plan.js";
import { policyMessages, sharingMessages } from "../src/errors/catalogue/policy.js";
import { credentialsMessages, registryMessages } from "../src/errors/catalogue/registry.js";
import { catalogue, type Message } from "../src/errors/catalogue.js";

type Area = Readonly<Record<string, (parameters: never) => Message>>;

const AREAS: readonly (readonly [string, string, Area])[] = [
  ["The description", "Thrown in the call that is wrong, with your file and line.", descriptionMessages],
  ["The plan", "The description is well formed, but cannot become an image here.", planMessages],
  ["Files of the context", "A source of a copy is not as the step needs it.", contextMessages],
  [
    "The direct build",
    "A path of the image, an executable or an owner is not as the step needs it.",
    engineMessages,
  ],
  ["Commands", "What goes wrong around the commands of an image.", runMessages],
  ["The Dockerfile", "What a dialect or a builder cannot say.", dockerfileMessages],
  ["Bases", "Images and root file systems on disk.", baseMessages],
  ["Archives and layers", "Bytes that are not what their format or digest says.", archiveMessages],
  ["Registries", "Pulling from them and pushing to them.", registryMessages],
  ["Credentials", "Logging in, and the files and helpers that know how.", credentialsMessages],
  ["The lock", "What builds may use, by digest.", lockMessages],
  ["Platforms", "Images for several kinds of machines.", platformMessages],
  ["Moving images", "Loading, rebasing and copying.", transferMessages],
  ["Output", "Writing finished images.", outputMessages],
  ["The store", "The folder that layers are kept in.", storeMessages],
  ["Sharing and squash", "What images share, and what a squash costs.", sharingMessages],
  ["Differences", "Comparing two images.", differenceMessages],
  ["The report", "The page that a catalog becomes.", reportMessages],
  ["Policies", "What an image must and must not be.", policyMessages],
  ["Selecting images", "Groups, tags, and what a command works on.", selectionMessages],
  ["The command line", "", cliMessages],
];

/** The text of docs/errors.md: every code with its message and what to do. */
export function errorsPage(): string {
  const parts = AREAS.map(([title, about, area]) => {
    const codes = Object.keys(area).sort();
    const sections = codes.map((code) => {
      const { message, hint } = (catalogue[code as keyof typeof catalogue] as (p: never) => Message)(
        placeholder("", false) as never,
      );
      return `### ${code}\n\n${sentence(message)}\n\nWhat to do: ${sentence(hint)}\n`;
    });
    return `## ${title}\n\n${about === "" ? "" : `${about}\n\n`}${sections.join("\n")}`;
  });
  const intro =
    "Every error has a `code` that never changes, a `hint`, and the `origin`: your file and line. Words in ‹marks› stand for what was found. This page is written by `npm run errors-page`.";
  return `# Errors\n\n${intro}\n\n${parts.join("\n")}`;
}

function sentence(text: string): string {
  return text.replace(/\s+/g, " ").trim().replaceAll("<", "‹").replaceAll(">", "›");
}

/** Stands for any parameter of a message: a text, a number, a list or a record, whatever is asked of it. */
function placeholder(name: string, called: boolean): unknown {
  const text = (): string => (name === "" ? "…" : `‹${name}›`);
  const target = (): unknown => placeholder(name, true);
  return new Proxy(target, {
    get(_, key) {
      if (key === Symbol.toPrimitive) return () => text();
      if (key === Symbol.iterator) return [text()][Symbol.iterator].bind([text()]);
      if (key === "toJSON") return () => text();
      if (key === "length") return 2;
      if (typeof key === "symbol") return undefined;
      if (key === "toString" || key === "join") return () => text();
      if (["map", "filter", "slice", "sort", "flatMap", "toSorted"].includes(key))
        return () => placeholder(name, true);
      if (["startsWith", "includes", "endsWith", "some", "every", "has"].includes(key)) return () => false;
      if (/^(to(Fixed|LowerCase|UpperCase)|replace(All)?|trim|padStart|at|reduce)$/.test(key))
        return () => text();
      return placeholder(called || name === "" ? key : `${name}.${key}`, false);
    },
  });
}
