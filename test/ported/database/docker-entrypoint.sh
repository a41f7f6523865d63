#!/bin/sh
set -e
for script in /docker-entrypoint-initdb.d/*.sh; do
	test ! -f "$script" || . "$script"
done
if [ "$(id -u)" = 0 ]; then
	exec gosu redis "$0" "$@"
fi
exec "$@"
