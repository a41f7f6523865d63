import { expect, test } from "vitest";
import { commandsRun } from "./build-counted.js";

test("commands that BuildKit ran are counted, remembered ones and other steps are not", () => {
  const progress = [
    "#4 [build 1/4] FROM docker.io/library/debian:bookworm",
    "#5 [build 2/4] RUN make",
    "#5 CACHED",
    "#6 [build 3/4] RUN --network=none <<EOT (set -e...)",
    "#6 0.123 RUN is a word",
    "#6 DONE 0.2s",
    "#7 [build 4/4] COPY . .",
    "#7 DONE 0.0s",
    "#8 [stage-1 2/2] RUN true",
    "#8 DONE 0.1s",
  ].join("\n");
  expect(commandsRun(progress)).toBe(2);
});
