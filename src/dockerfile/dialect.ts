/** The builders that a Dockerfile is written for. */
export type DialectName = "buildkit" | "classic";

/** The oldest BuildKit front end that has to read the text: 1.4 is Docker 23, 1.19 is Docker 28.4. */
export type FrontendVersion = "1.4" | "1.19";

/** What a builder understands. */
export interface Dialect {
  readonly name: DialectName;
  readonly frontend: FrontendVersion;
  /** Here-documents in COPY and RUN. Buildah 1.28 takes `<<EOT` for a file name. */
  readonly heredoc: boolean;
  /** `COPY --link`; refused by buildah before 1.43. */
  readonly link: boolean;
  /** `ADD --checksum` (front end 1.6: an older one refuses the flag, it never ignores it). */
  readonly checksum: boolean;
  /** `COPY --exclude` and symbolic `--chmod`. */
  readonly modern: boolean;
  /** True when WORKDIR makes its folder in a stage from scratch; buildah leaves it out. */
  readonly workdirMakesFolder: boolean;
}

/** The abilities behind a dialect's name. */
export function dialectOf(name: DialectName = "buildkit", frontend: FrontendVersion = "1.4"): Dialect {
  const buildkit = name === "buildkit";
  return {
    name,
    frontend,
    heredoc: buildkit,
    link: buildkit,
    checksum: buildkit,
    modern: buildkit && frontend === "1.19",
    workdirMakesFolder: buildkit,
  };
}
