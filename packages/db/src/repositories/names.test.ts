import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { newParticipant, newSession, outcomeOf, useTestDatabase } from '../testing.ts';
import { insertParticipant } from './insert-participant.ts';
import { insertSession } from './insert-session.ts';
import { removeParticipantAsModerator } from './participant-removal.ts';

const database = await useTestDatabase({ max: 40 });

async function createSession() {
  const session = newSession();
  await insertSession(database.db, session);
  return session;
}

const add = (overrides: Parameters<typeof newParticipant>[0]) =>
  insertParticipant(database.db, newParticipant(overrides));

async function participants(code: string): Promise<number> {
  const rows = await database.db
    .selectFrom('session_participants as participant')
    .innerJoin('sessions', 'sessions.id', 'participant.session_id')
    .where('code', '=', code)
    .select('participant.id')
    .execute();
  return rows.length;
}

/** Spellings of the name `Ben <suffix>`. */
const spellings = (suffix: string) => [
  `BEN ${suffix}`,
  `\uff22en ${suffix}`,
  `B\u200ben ${suffix}`,
  `Be\u00adn ${suffix}`,
];

test('another spelling of the name of a participant or the host is taken, and stores no user', async () => {
  const { suffix, displayName } = newName();
  const session = newSession({ hostDisplayName: displayName });
  await insertSession(database.db, session);
  const other = newName();
  await add({ code: session.code, displayName: other.displayName });
  for (const spelling of [...spellings(suffix), ...spellings(other.suffix)]) {
    const outcome = await add({ code: session.code, displayName: spelling });
    expect(outcome).toEqual({ kind: 'name-taken' });
    expect(await usersNamed(spelling)).toEqual([]);
  }
});

test('another spelling of a taken name is taken also for a user of other sessions', async () => {
  const { suffix, displayName } = newName();
  const spelling = `BEN ${suffix}`;
  await insertSession(database.db, newSession({ hostDisplayName: spelling }));
  const { code } = await createSession();
  await add({ code, displayName });
  expect(await add({ code, displayName: spelling })).toEqual({ kind: 'name-taken' });
});

test('a join with the own token and another spelling returns the participant with the stored name', async () => {
  const { suffix, displayName } = newName();
  const { code } = await createSession();
  const first = newParticipant({ code, displayName, maxParticipants: 1 });
  const added = await insertParticipant(database.db, first);
  expect(added).toMatchObject({ participant: { displayName } });
  for (const spelling of spellings(suffix)) {
    const again = { code, displayName: spelling, maxParticipants: 1 };
    expect(await add({ ...again, callerTokenHash: first.tokenHash })).toEqual({
      ...added,
      kind: 'already-joined',
    });
  }
});

test('a blocked name is refused in any spelling', async () => {
  const { suffix, displayName } = newName();
  const { code, tokenHash } = await createSession();
  const joined = await add({ code, displayName });
  if (joined.kind !== 'added') throw new Error(joined.kind);
  const participantId = joined.participant.id;
  await removeParticipantAsModerator(database.db, { code, tokenHash, participantId, block: true });
  for (const spelling of spellings(suffix)) {
    expect(await add({ code, displayName: spelling })).toEqual({ kind: 'blocked' });
  }
});

test('of parallel joins under spellings of one name exactly one is added, and one user stored', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { suffix, displayName } = newName();
    const { code } = await createSession();
    const names = [displayName, ...spellings(suffix)];
    const outcomes = await Promise.all(
      names.flatMap((spelling) => [
        outcomeOf(add({ code, displayName: spelling })),
        outcomeOf(add({ code, displayName: spelling })),
      ]),
    );
    expect(outcomes.filter(({ kind }) => kind === 'added')).toHaveLength(1);
    expect(await participants(code)).toBe(2);
    const stored = await Promise.all(names.map(usersNamed));
    expect(stored.flat()).toHaveLength(1);
  }
});

test('a participant without a hash gets the own row back by token, and its name stays taken', async () => {
  const { suffix, displayName } = newName();
  const { code } = await createSession();
  const marked = newParticipant({ code, displayName: `BEN ${suffix}` });
  const added = await insertParticipant(database.db, marked);
  if (added.kind !== 'added') throw new Error(added.kind);
  await database.db
    .updateTable('session_participants')
    .where('id', '=', added.participant.id)
    .set({ name_hash: null })
    .execute();
  expect(await add({ code, displayName: marked.displayName })).toEqual({ kind: 'name-taken' });
  // The older participant, to whom the name belongs.
  expect((await add({ code, displayName })).kind).toBe('added');
  for (const spelling of [marked.displayName, displayName]) {
    expect(await add({ code, displayName: spelling, callerTokenHash: marked.tokenHash })).toEqual({
      ...added,
      kind: 'already-joined',
    });
  }
});

function newName() {
  const suffix = randomBytes(6).toString('hex');
  return { suffix, displayName: `Ben ${suffix}` };
}

async function usersNamed(displayName: string) {
  return await database.db
    .selectFrom('users')
    .where('display_name', '=', displayName)
    .select('id')
    .execute();
}
