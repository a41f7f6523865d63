import { Image } from "layerwright";

const deps = Image.from("rust:1.63-bookworm")
  .workdir("/src")
  .copy(["Cargo.toml", "Cargo.lock"], "./")
  .copy("vendor/", "vendor/")
  .run("mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release --locked --offline");

const build = Image.from(deps)
  .copy("src/", "src/")
  .run("touch src/main.rs && cargo build --release --locked --offline && strip target/release/service");

export const image = Image.from("debian:bookworm")
  .run("useradd --system --uid 10001 --shell /usr/sbin/nologin service")
  .copy(build.path("/src/target/release/service"), "/usr/local/bin/service", { mode: 0o755 })
  .user("service")
  .expose(8080)
  .cmd(["service"]);
