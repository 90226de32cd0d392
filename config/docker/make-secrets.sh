#!/bin/sh
# Makes what must be in no image and no repository: the key that signs what the gateway keeps in Redis, and Redis's
# password. Redis never sees the key. What is there already stays.
#
#   make-secrets.sh FOLDER_OF_THE_GATEWAY FOLDER_OF_REDIS
set -eu
umask 077

# Made beside it and then moved, so that a start that is broken off leaves nothing half made.
make_once() {
  [ -s "$1" ] && return
  head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$1.new"
  mv "$1.new" "$1"
}

make_once "$1/cache.key"
make_once "$2/password"
printf 'requirepass %s\n' "$(cat "$2/password")" >"$2/redis.conf"
