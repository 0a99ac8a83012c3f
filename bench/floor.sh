#!/bin/sh
# The floor under the deployment: the least that makes bare hosts run the same processes, all hosts at the same time,
# nothing checked.
#   floor.sh FOLDER ssh [OPTION ...]
# FOLDER has a folder <user@address> for each host, with files/ (laid over its root) and start.sh; _floor.py writes them.
set -eu

folder=$1
shift
started=
for host in "$folder"/*; do
  (
    set -- "$@" "${host##*/}" sudo
    "$@" sh -e <<'INSTALL' >/dev/null &
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends openjdk-17-jre-headless
INSTALL
    java=$!
    # Files only: while tar unpacks a folder that is there, such as /etc, nobody else may enter it.
    (cd "$host/files" && find . -type f -print0 | tar -c --null --owner=0 --group=0 -T -) | "$@" tar -x -C /
    wait "$java"
    "$@" sh -e <"$host/start.sh"
  ) &
  started="$started $!"
done
for process in $started; do
  wait "$process"
done
