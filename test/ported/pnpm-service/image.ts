import { Image } from "layerwright";

const pnpm = Image.from("node:22-bookworm")
  .run("npm install --global pnpm@9.15.9 && npm cache clean --force")
  .workdir("/repo");

const build = pnpm
  .copy("pnpm-lock.yaml", "./")
  .run("pnpm fetch")
  .copy(".", ".")
  .run("pnpm install --offline --frozen-lockfile")
  .run("pnpm --filter api run build")
  .run("pnpm --filter api deploy --prod --offline /out");

export const image = Image.from("node:22-bookworm")
  .env({ NODE_ENV: "production" })
  .workdir("/app")
  .copy(build.path("/out"), "./", { owner: "node:node" })
  .user("node")
  .expose(3000)
  .healthcheck({ test: ["node", "dist/health.js"], intervalMs: 10_000, timeoutMs: 3_000, retries: 3 })
  .cmd(["node", "dist/server.js"]);
