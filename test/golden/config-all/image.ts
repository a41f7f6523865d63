import { Image } from "layerwright";

export default Image.scratch()
  .write("/app", "#!/bin/sh\n", { mode: 0o755 })
  .env({ A: "1", B: "two words" })
  .env("A", "2")
  .label({ "org.opencontainers.image.title": "all of it" })
  .annotation("org.opencontainers.image.source", "https://example.org/repo")
  .shell(["/bin/bash", "-eo", "pipefail", "-c"])
  .expose(80, "53/udp", "8000-8002")
  .volume("/data", "/var/log")
  .stopSignal("SIGQUIT")
  .healthcheck({
    test: ["/app", "--check"],
    intervalMs: 10_000,
    timeoutMs: 1500,
    startPeriodMs: 500,
    retries: 5,
  })
  .workdir("/srv/app")
  .user("1000:1000")
  .entrypoint(["/app"])
  .cmd(["--serve", "--port=80"]);
