import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run('busybox sha256sum /run/secrets/token > /file && stat -c "%a %u:%g" /run/secrets/token >> /file', {
    network: "none",
    mounts: [{ type: "secret", id: "token" }],
  })
  .run('busybox sha256sum /etc/app/key > /target && echo -n "$TOKEN" | busybox sha256sum > /variable', {
    network: "none",
    mounts: [
      { type: "secret", id: "token", env: "TOKEN" },
      { type: "secret", id: "key", target: "/etc/app/key", required: true },
    ],
  })
  .run('test -e /run/secrets/optional || echo none >> /missing; echo "[$NOT_THERE]" >> /missing', {
    network: "none",
    mounts: [
      { type: "secret", id: "optional" },
      { type: "secret", id: "another", env: "NOT_THERE" },
    ],
  });
