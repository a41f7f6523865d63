#!/bin/sh
set -e
for script in /docker-entrypoint.d/*.sh; do
	"$script"
done
exec "$@"
