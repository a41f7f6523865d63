import {
  apk,
  apt,
  cargo,
  composer,
  dnf,
  gem,
  go,
  Image,
  microdnf,
  npm,
  pip,
  pnpm,
  uv,
  yarn,
  yum,
  zypper,
} from "layerwright";

const cache = "mount";

export default Image.from("everything:1")
  .with(apt.install(["nginx"], { cache }))
  .with(apk.install(["nginx"], { cache }))
  .with(dnf.install(["nginx"], { cache }))
  .with(microdnf.install(["nginx"], { cache }))
  .with(yum.install(["nginx"], { cache }))
  .with(zypper.install(["nginx"], { cache }))
  .with(pip.install("flask", { cache }))
  .with(uv.install("flask", { cache }))
  .with(npm.install("semver", { cache }))
  .with(pnpm.install("semver", { cache }))
  .with(yarn.install("semver", { cache }))
  .with(gem.install("rake", { cache }))
  .with(composer.require("psr/log", { cache }))
  .with(go.build({ output: "/out/go-app", cache }))
  .with(cargo.build({ bin: "app", output: "/out/rust-app", cache }));
