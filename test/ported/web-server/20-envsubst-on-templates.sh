#!/bin/sh
set -e
for template in /etc/nginx/templates/*.template; do
	test -f "$template" || continue
	envsubst < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
done
