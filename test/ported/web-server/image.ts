import { Image } from "layerwright";

const install = `set -x
groupadd --system --gid 101 nginx
useradd --system --gid nginx --no-create-home --home /nonexistent --shell /bin/false --uid 101 nginx
apt-get update
apt-get install --no-install-recommends --no-install-suggests -y gnupg1
export GNUPGHOME="$(mktemp -d)"
gpg1 --import /etc/apt/trusted.gpg.d/debian-archive-bullseye-stable.asc
gpg1 --export "$SIGNING_KEY" > /usr/share/keyrings/nginx-archive-keyring.gpg
test -s /usr/share/keyrings/nginx-archive-keyring.gpg
rm -rf "$GNUPGHOME"
apt-get remove --purge --auto-remove -y gnupg1
apt-get install --no-install-recommends --no-install-suggests -y nginx-light gettext-base
rm -rf /var/lib/apt/lists/*
# the container's log collector reads standard output
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
mkdir /docker-entrypoint.d`;

export const image = Image.from("debian:bookworm")
  .label("maintainer", "Web Server Maintainers <maintainers@example.com>")
  .env({ SIGNING_KEY: "A4285295FC7B1A81600062A9605C66F00D6C9793", DYNPKG_RELEASE: "1~bookworm" })
  .run(`set -e\n${install}`)
  .copy("docker-entrypoint.sh", "/")
  .copy("10-listen-on-ipv6.sh", "/docker-entrypoint.d/")
  .copy("20-envsubst-on-templates.sh", "/docker-entrypoint.d/")
  .copy("30-tune-worker-processes.sh", "/docker-entrypoint.d/")
  .entrypoint(["/docker-entrypoint.sh"])
  .expose(80)
  .stopSignal("SIGQUIT")
  .cmd(["nginx", "-g", "daemon off;"]);
