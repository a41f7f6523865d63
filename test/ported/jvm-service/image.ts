import { Image } from "layerwright";

const build = Image.from("openjdk:17-bookworm")
  .workdir("/work")
  .copy("lib/", "lib/")
  .run(
    [
      "mkdir -p out/lib layers/dependencies/lib",
      "javac -d out/lib $(find lib -name '*.java')",
      "jar --create --date=2020-01-01T00:00:00Z --file layers/dependencies/lib/greeting.jar -C out/lib .",
    ].join(" && "),
  )
  .copy("src/", "src/")
  .run(
    [
      "mkdir -p layers/application/classes",
      "javac -cp layers/dependencies/lib/greeting.jar -d layers/application/classes $(find src -name '*.java')",
    ].join(" && "),
  )
  .copy("resources/", "layers/application/classes/");

export const image = Image.from("openjdk:17-jre-bookworm")
  .run("useradd --system --uid 1001 spring")
  .workdir("/application")
  .copy(build.path("/work/layers/dependencies"), "./")
  .copy(build.path("/work/layers/application"), "./")
  .user("spring")
  .env({ JAVA_TOOL_OPTIONS: "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError" })
  .expose(8080)
  .entrypoint(["java", "-cp", "classes:lib/*", "com.example.Service"]);
