import { Image } from "layerwright";

const build = Image.from("golang:1.19-bookworm")
  .workdir("/src")
  .copy("go.mod", "./")
  .copy("greeting/go.mod", "greeting/")
  .run("go mod download")
  .copy(".", ".")
  .run('CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/service ./cmd/service', {
    mounts: [{ type: "cache", target: "/root/.cache/go-build" }],
  });

export const image = Image.scratch()
  .copy(build.path("/etc/ssl/certs/ca-certificates.crt"), "/etc/ssl/certs/")
  .binary(build.path("/out/service"), "/service")
  .user("65532:65532")
  .expose(8080)
  .entrypoint(["/service"]);
