import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// Loaded with `node --import` before the API: adds a migration, as the next release does.

const MIGRATION = `
import { sql as nextSql } from 'kysely';
migrations['9001-topics'] = {
  compatibility: 'expand',
  async up(db) {
    await nextSql\`create table topics (name text primary key)\`.execute(db);
    for (const name of ['users', 'sessions', 'session_participants', 'questions']) {
      await nextSql\`alter table \${nextSql.table(name)} add column topic text\`.execute(db);
    }
  },
  async down() {},
};
`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/packages/db/migrations/index.ts')) return loaded;
    return { ...loaded, source: readFileSync(new URL(url), 'utf8') + MIGRATION };
  },
});
