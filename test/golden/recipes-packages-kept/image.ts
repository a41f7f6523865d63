import { apk, apt, dnf, gem, Image, microdnf, npm, pip, yum, zypper } from "layerwright";

const kept = { cache: "keep", keepLogs: true } as const;
const all = { ...kept, keepDocs: true } as const;

export default Image.from("everything:1")
  .with(apt.install(["nginx"], all))
  .with(apk.install(["nginx"], kept))
  .with(dnf.install(["nginx"], all))
  .with(microdnf.install(["nginx"], all))
  .with(yum.install(["nginx"], all))
  .with(zypper.install(["nginx"], kept))
  .with(gem.install("rake", all))
  .with(pip.install("flask", { cache: "keep" }))
  .with(npm.install("semver", { cache: "keep" }))
  .run("apt-get update", { keepLeftovers: true });
