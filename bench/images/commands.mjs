// Commands on Debian; with LW_AGAIN they run again, whatever is remembered of them.
import { Base, build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: output, LW_COMMANDS, LW_AGAIN } = process.env;

const image = JSON.parse(LW_COMMANDS).reduce(
  (made, command) =>
    made.run(command, {
      network: "none",
      keepLeftovers: true,
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", DEBIAN_FRONTEND: "noninteractive" },
    }),
  Image.from(Base.layout("layout", { tag: "1" })),
);

const noCacheSteps = LW_AGAIN === "1" ? [""] : [];
const result = await build(image, { context, output, noCacheSteps, reference: "bench/commands:1" });
console.log(JSON.stringify(result));
