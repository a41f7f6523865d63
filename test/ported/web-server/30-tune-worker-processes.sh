#!/bin/sh
set -e
test -n "$NGINX_WORKER_PROCESSES" || exit 0
sed -i "s/^worker_processes .*/worker_processes $NGINX_WORKER_PROCESSES;/" /etc/nginx/nginx.conf
