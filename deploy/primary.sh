#!/bin/sh
# Lets a standby replicate. Runs once, when the primary of compose.yaml has created its database.
set -eu
echo "host replication $POSTGRES_USER samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command "select pg_reload_conf()"
