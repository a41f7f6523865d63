import { Image } from "layerwright";

const base = Image.from("node:22-bookworm");

const deps = base.workdir("/app").copy(["package.json", "package-lock.json"], "./").run("npm ci");

const builder = base
  .workdir("/app")
  .copy(deps.path("/app/node_modules"), "./node_modules")
  .copy(".", ".")
  .env({ NEXT_TELEMETRY_DISABLED: "1" })
  .run("npm run build");

export const image = base
  .workdir("/app")
  .env({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" })
  .run("groupadd --system --gid 1001 nodejs")
  .run("useradd --system --uid 1001 --gid nodejs nextjs")
  .copy(builder.path("/app/public"), "./public")
  .mkdir(".next", { owner: "nextjs:nodejs" })
  .copy(builder.path("/app/.next/standalone"), "./", { owner: "nextjs:nodejs" })
  .copy(builder.path("/app/.next/static"), "./.next/static", { owner: "nextjs:nodejs" })
  .user("nextjs")
  .expose(3000)
  .env({ PORT: "3000", HOSTNAME: "0.0.0.0" })
  .cmd(["node", "server.js"]);
