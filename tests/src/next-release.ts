import { registerHooks } from 'node:module';

// Loaded with `node --import` before the API: adds a migration, as the next release does.

const MIGRATION = `
import { sql as nextSql } from 'kysely';
migrations['9001-topics'] = {
  compatibility: 'expand',
  async up(db) {
    await nextSql\`alter table questions add column topic text\`.execute(db);
    await nextSql\`create table topics (name text primary key)\`.execute(db);
  },
  async down() {},
};
`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/packages/db/migrations/index.ts')) return loaded;
    return { ...loaded, source: `${String(loaded.source)}${MIGRATION}` };
  },
});
