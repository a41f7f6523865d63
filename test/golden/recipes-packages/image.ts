import { apk, apt, dnf, Image, npm, pip } from "layerwright";

const debian = Image.from("debian:bookworm-slim").with(apt.install("nginx", { "ca-certificates": "2023*" }));
const alpine = Image.from("alpine:3.20").with(apk.install("curl"));
const fedora = Image.from("fedora:40").with(dnf.install("jq"));
const python = Image.from("python:3.12-slim").with(pip.install("requests==2.32.3"));
const node = Image.from("node:22-slim").with(npm.install("semver@7.6.3"));

export default Image.from(debian)
  .copy(alpine.path("/usr/bin/curl"), "/opt/alpine/curl")
  .copy(fedora.path("/usr/bin/jq"), "/opt/fedora/jq")
  .copy(python.path("/usr/local/lib/python3.12/site-packages/requests"), "/opt/python/requests")
  .copy(node.path("/usr/local/lib/node_modules/semver"), "/opt/node/semver");
