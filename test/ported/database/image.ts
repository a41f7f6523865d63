import { Image } from "layerwright";

export const image = Image.from("debian:bookworm")
  .run(`set -eux
groupadd --system --gid 999 redis
useradd --system --gid redis --uid 999 --home-dir /var/lib/redis --shell /bin/bash redis
install --verbose --directory --owner redis --group redis --mode 1777 /var/lib/redis`)
  .run(`set -ex
apt-get update
apt-get install -y --no-install-recommends less
rm -rf /var/lib/apt/lists/*`)
  .run(`set -eux
apt-get update
cd /tmp
apt-get download gosu
dpkg-deb --extract gosu_*.deb /tmp/gosu
mv /tmp/gosu/usr/sbin/gosu /usr/local/bin/gosu
rm -rf /tmp/gosu gosu_*.deb /var/lib/apt/lists/*
gosu --version
gosu nobody true`)
  .run(`set -eux
apt-get update
apt-get install -y --no-install-recommends locales
rm -rf /var/lib/apt/lists/*
localedef -i en_US -c -f UTF-8 -A /usr/share/locale/locale.alias en_US.UTF-8
locale -a | grep 'en_US.utf8'`)
  .env({ LANG: "en_US.utf8" })
  .run(`set -eux
apt-get update
apt-get install -y --no-install-recommends redis-server xz-utils
rm -rf /var/lib/apt/lists/*
mkdir /docker-entrypoint-initdb.d`)
  .run("sed -i 's/^daemonize yes/daemonize no/; s/^bind .*/bind 0.0.0.0/' /etc/redis/redis.conf")
  .volume("/var/lib/redis")
  .copy("docker-entrypoint.sh", "/usr/local/bin/")
  .entrypoint(["docker-entrypoint.sh"])
  .stopSignal("SIGINT")
  .expose(6379)
  .cmd(["redis-server", "/etc/redis/redis.conf"]);
