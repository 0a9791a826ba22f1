#!/bin/sh
# Starts the standby of compose.yaml. The first start copies the primary, which PGHOST, PGDATABASE,
# PGUSER and PGPASSWORD name; later starts continue from the copy.
set -eu
if [ ! -e "$PGDATA" ]; then
  # The slot keeps WAL for a standby that is away, up to max_slot_wal_keep_size.
  psql --command "select pg_create_physical_replication_slot('standby')
    where not exists (select from pg_replication_slots where slot_name = 'standby')"
  copy="$PGDATA.copy"
  rm -rf "$copy"
  mkdir -p "$(dirname "$PGDATA")"
  pg_basebackup --pgdata "$copy" --slot standby --write-recovery-conf --checkpoint fast --progress
  mv "$copy" "$PGDATA"
fi
exec postgres
