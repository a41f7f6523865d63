import { join } from "node:path";
import { Base, Image } from "layerwright";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES } from "../fixtures/bases.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import { withRuntime } from "./defences.js";

/** Builds an image whose command has secrets and never ends; prints a line when the command runs. */
const [work = "", runtime = "runc", variable = "", file = ""] = process.argv.slice(2);
const search = withRuntime(runtime as "runc" | "crun");
const sandbox = new RuncSandbox({ folder: join(work, "store"), find: () => search });
const image = Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).run(
  '[ -n "$SECRET" ] && [ -s /run/secrets/file ] && echo it runs && sleep 100000',
  {
    network: "none",
    mounts: [
      { type: "secret", id: "variable", env: "SECRET", required: true },
      { type: "secret", id: "file", required: true },
    ],
  },
);
const progress = {
  report: (event: { readonly kind: string; readonly line?: string }) => {
    if (event.line === "it runs") process.stdout.write("it runs\n");
  },
};
const secrets = { variable: Buffer.from(variable), file: Buffer.from(file) };
await buildIn(image, { sandbox, context: work, work, secrets, progress });
