#!/bin/sh
# Starts the standby of compose.yaml. The first start copies the primary, which PGHOST, PGUSER and
# PGPASSWORD name; later starts continue from the copy.
set -eu
if [ ! -e "$PGDATA" ]; then
  copy="$PGDATA.copy"
  rm -rf "$copy"
  mkdir -p "$(dirname "$PGDATA")"
  pg_basebackup --pgdata "$copy" --slot standby --write-recovery-conf --checkpoint fast --progress
  mv "$copy" "$PGDATA"
fi
exec postgres
