#!/bin/sh
# Runs once, when the primary of compose.yaml has created its database: lets a standby replicate.
set -eu
echo "host replication $POSTGRES_USER samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
# The slot keeps WAL for a standby that is away, up to max_slot_wal_keep_size.
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --command "select pg_create_physical_replication_slot('standby')"
