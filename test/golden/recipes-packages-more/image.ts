import { composer, gem, Image, microdnf, pip, pnpm, uv, yarn, yum, zypper } from "layerwright";

const minimal = Image.from("almalinux:9-minimal").with(microdnf.install("nginx", { jq: "1.6" }));
const amazon = Image.from("amazonlinux:2").with(yum.install("httpd"));
const suse = Image.from("opensuse/leap:15.6").with(zypper.install("nginx", { jq: "1.6" }));
const python = Image.from("astral/uv:python3.12-bookworm-slim")
  .with(uv.install(["flask==3.0.3"], { bytecode: true }))
  .write("/srv/requirements.txt", "requests==2.32.3\n")
  .with(pip.requirements("/srv/requirements.txt", { bytecode: false }));
const node = Image.from("node:22-slim").workdir("/srv").with(pnpm.install("semver@7.6.3"));
const later = Image.from("node:22-slim").workdir("/srv").with(yarn.install("semver@7.6.3"));
const ruby = Image.from("ruby:3.3-slim").with(gem.install(["rake:13.2.1", { sinatra: "4.0.0" }]));
const php = Image.from("composer:2")
  .workdir("/srv")
  .with(composer.require({ "monolog/monolog": "^3.7" }));

export default Image.from(minimal)
  .copy(amazon.path("/usr/sbin/httpd"), "/opt/amazon/httpd")
  .copy(suse.path("/usr/sbin/nginx"), "/opt/suse/nginx")
  .copy(python.path("/usr/local/lib/python3.12/site-packages"), "/opt/python")
  .copy(node.path("/srv/node_modules"), "/opt/node")
  .copy(later.path("/srv/node_modules"), "/opt/later")
  .copy(ruby.path("/usr/local/bundle"), "/opt/ruby")
  .copy(php.path("/srv/vendor"), "/opt/php");
