import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, createMigrator, migrateToLatest, MIGRATION_POOL } from '@classroom/db';
import { createTestDatabase, insertEarlierSessions } from '@classroom/db/testing';
import { expect, test } from 'vitest';

const SESSIONS = 10_000;
const PARTICIPANTS = 5;
const QUESTIONS = 3;
const MAX_SECONDS = 10;

test('a database of 0.1.0 with 10,000 sessions migrates in ten seconds, while another process reads', async () => {
  await using database = await createTestDatabase({ statementTimeoutMs: 2_000 });
  await using migrating = createDatabase(database.url, MIGRATION_POOL);
  expect((await createMigrator(migrating).migrateTo('0007-changed-at')).error).toBeUndefined();
  const size = { sessions: SESSIONS, participants: PARTICIPANTS, questions: QUESTIONS };
  await insertEarlierSessions(migrating, size);

  const stop = new AbortController();
  let reads = 0;
  const reading = (async () => {
    for (; !stop.signal.aborted; reads += 1) {
      await database.db
        .selectFrom('sessions')
        .innerJoin('session_participants as participant', 'participant.session_id', 'sessions.id')
        .innerJoin('questions', 'questions.session_id', 'sessions.id')
        .where('sessions.code', '=', String(1 + (reads % SESSIONS)).padStart(10, '0'))
        .select(['participant.id', 'questions.body'])
        .execute();
      await sleep(5);
    }
  })();
  // Handled here, so that a read that fails early is no unhandled rejection.
  const outcome = reading.then(
    () => 'read throughout',
    (error: unknown) => error,
  );
  const started = performance.now();
  await migrateToLatest(migrating);
  const seconds = (performance.now() - started) / 1_000;
  stop.abort();
  console.log(`migrated in ${seconds.toFixed(1)} s beside ${reads} reads`);
  expect(await outcome).toBe('read throughout');
  expect(reads).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(MAX_SECONDS);

  const participants = await migrating
    .selectFrom('session_participants')
    .innerJoin('sessions', 'sessions.id', 'session_participants.session_id')
    .select(['sessions.status', 'name_hash'])
    .execute();
  expect(participants).toHaveLength(SESSIONS * PARTICIPANTS);
  const wrong = participants.filter(
    ({ status, name_hash }) => (status === 'ended') !== (name_hash === null),
  );
  expect(wrong).toEqual([]);
});
