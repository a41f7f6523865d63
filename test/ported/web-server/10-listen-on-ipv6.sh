#!/bin/sh
set -e
test -f /proc/net/if_inet6 || exit 0
grep -q "listen \[::\]:80" /etc/nginx/sites-enabled/default || echo "no IPv6 listener in the default site" >&2
