/** One file that `init` writes. */
export interface StarterFile {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  readonly contents: string;
}

/** A catalog that builds at once, offline: static files on scratch. */
export function starterFiles(name: string): readonly StarterFile[] {
  return [
    {
      path: "catalog.ts",
      contents: `import { Catalog, Image } from "layerwright";

// Static files alone. \`copy\` takes the contents of site/, relative to this file's folder.
export const site = Image.scratch()
  .copy("site/", "/srv/www/", { mode: "u=rwX,go=rX" })
  .label("org.opencontainers.image.title", ${JSON.stringify(`${name} site`)});

// A server for them: another image is a base, and its layers are shared.
// export const server = Image.from(site).binary("bin/server", "/server").user(65532).cmd(["/server", "/srv/www"]);

export default new Catalog(${JSON.stringify(name)}, { site });
`,
    },
    {
      path: "site/index.html",
      contents: `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>${name}</title>
  <h1>Hello from ${name}</h1>
</html>
`,
    },
  ];
}

/** The package that the catalog is part of, where there is none yet. */
export function starterPackage(name: string, version: string): StarterFile {
  const description = {
    name,
    private: true,
    type: "module",
    scripts: { build: "layerwright build", synth: "layerwright synth" },
    devDependencies: { layerwright: `^${version}` },
  };
  return { path: "package.json", contents: `${JSON.stringify(description, null, 2)}\n` };
}
