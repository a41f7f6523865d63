import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apt, Image } from "layerwright";

const PROGRAM = `#include <stdio.h>
int main(void) { puts("hello"); return 0; }
`;

export const compiled = {
  id: "f",
  title: "a compiled program: with its toolchain, and alone on scratch",
  prepare: (folder) => writeFileSync(join(folder, "hello.c"), PROGRAM),
  naive: `FROM debian:bookworm
RUN apt-get update && apt-get install -y gcc libc6-dev
COPY hello.c /src/hello.c
RUN gcc -Os -static -s -o /hello /src/hello.c
CMD ["/hello"]
`,
  best: `FROM debian:bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
COPY hello.c /src/hello.c
RUN gcc -Os -static -s -o /hello /src/hello.c
FROM scratch
COPY --from=build /hello /hello
CMD ["/hello"]
`,
  ours: (base) => {
    const build = Image.from(base)
      .with(apt.install("gcc", "libc6-dev"))
      .copy("hello.c", "/src/hello.c")
      .run("gcc -Os -static -s -o /hello /src/hello.c");
    return Image.scratch().binary(build.path("/hello"), "/hello").cmd(["/hello"]);
  },
  why: "The toolchain stays in a stage that nobody ships. `binary` has read the ELF header: the program is static, so it runs on nothing. The best by hand is the same file; nothing is left to save.",
};
