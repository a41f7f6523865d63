import { Image } from "layerwright";

const base = Image.from("ruby:3.1-bookworm").workdir("/rails").env({
  RAILS_ENV: "production",
  BUNDLE_DEPLOYMENT: "1",
  BUNDLE_PATH: "/usr/local/bundle",
  BUNDLE_WITHOUT: "development",
});

const install = (packages: string) =>
  [
    "apt-get update -qq",
    `apt-get install --no-install-recommends -y ${packages}`,
    "rm -rf /var/lib/apt/lists /var/cache/apt/archives",
  ].join(" && ");

const build = base
  .run(install("make"))
  .copy(["Gemfile", "Gemfile.lock"], "./")
  .copy("vendor/", "vendor/")
  .run("bundle install --local && rm -rf ~/.bundle")
  .copy(".", ".")
  .run("make assets && rm -rf app/assets");

export const image = base
  .run(install("libjemalloc2"))
  .copy(build.path("/usr/local/bundle"), "/usr/local/bundle")
  .copy(build.path("/rails"), "/rails")
  .run(
    [
      "groupadd --system --gid 1000 rails",
      "useradd rails --uid 1000 --gid 1000 --create-home --shell /bin/bash",
      "mkdir -p log tmp",
      "chown -R rails:rails log tmp",
    ].join(" && "),
  )
  .user("1000:1000")
  .entrypoint(["/rails/bin/docker-entrypoint"])
  .expose(3000)
  .cmd(["bundle", "exec", "ruby", "server.rb"]);
