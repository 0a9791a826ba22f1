import { endSessionAsHost, insertParticipant, insertSession } from '@classroom/db';
import { expireSessions, newParticipant, newSession, useTestDatabase } from '@classroom/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findSessionAsParticipant } from './authorization.ts';
import { operations } from './http/rest/openapi.ts';
import { createToken } from './secrets.ts';
import { buildTestApp } from './testing/build-test-app.ts';
import { refusalReason } from './testing/classroom.ts';

const database = await useTestDatabase();
const { db } = database;
const app = await buildTestApp(database);
afterAll(() => app.close());

const refusal = z.object({ data: z.object({ reason: z.string() }) });

/** Sends a request over REST and returns `ok` or the reason of its refusal. */
async function send(
  method: (typeof operations)[number]['method'],
  path: string,
  input: Readonly<Record<string, unknown>>,
  token: string,
): Promise<string> {
  const rest = new Map(Object.entries(input));
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest.get(name));
    rest.delete(name);
    return value;
  });
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const query = Object.fromEntries([...rest].map(([name, value]) => [name, String(value)]));
  const response = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}` },
    ...(hasBody ? { payload: Object.fromEntries(rest) } : { query }),
  });
  return response.statusCode < 400 ? 'ok' : refusal.parse(response.json()).data.reason;
}

/** Creates a session with a host and a participant. */
async function createSession() {
  const { token: hostToken, ...host } = createToken();
  const session = newSession(host);
  await insertSession(db, session);
  const { token: participantToken, ...secrets } = createToken();
  await insertParticipant(db, newParticipant({ code: session.code, ...secrets }));
  return { ...session, hostToken, participantToken };
}

const UNKNOWN = createToken().token;
const foreign = await createSession();
const open = await createSession();
const ended = await createSession();
const expired = await createSession();
const closing = await createSession();
await endSessionAsHost(db, ended);
await expireSessions(db, expired.hostDisplayName);

// Procedures of host keys refuse every token of a session.
const byCode = operations.filter(
  ({ procedure, path }) => path.includes('{code}') && !procedure.startsWith('hosts.'),
);
const withToken = byCode.filter(({ token }) => token === 'required');

test.each(byCode)(
  '$procedure refuses foreign tokens with SESSION_NOT_FOUND for a session that is not open',
  async ({ method, path, example }) => {
    for (const code of [ended.code, expired.code, '222222']) {
      for (const token of [foreign.hostToken, foreign.participantToken]) {
        expect(await send(method, path, { ...example, code }, token)).toBe('SESSION_NOT_FOUND');
      }
    }
  },
);

test.each(withToken)(
  '$procedure refuses foreign tokens with FORBIDDEN for an open session',
  async ({ method, path, example }) => {
    for (const token of [foreign.hostToken, foreign.participantToken]) {
      const input = { ...example, code: open.code };
      expect(await send(method, path, input, token)).toBe('FORBIDDEN');
    }
  },
);

test.each(withToken)(
  '$procedure refuses an unknown token with UNAUTHENTICATED for any code',
  async ({ method, path, example }) => {
    for (const code of [open.code, ended.code, '222222']) {
      const input = { ...example, code };
      expect(await send(method, path, input, UNKNOWN)).toBe('UNAUTHENTICATED');
    }
  },
);

test('sessions.events refuses foreign tokens like the procedures by code', async () => {
  const { tokenHash } = foreign;
  const authorize = (code: string) => refusalReason(findSessionAsParticipant(db, code, tokenHash));
  expect(await authorize(open.code)).toBe('FORBIDDEN');
  for (const code of [ended.code, expired.code, '222222']) {
    expect(await authorize(code)).toBe('SESSION_NOT_FOUND');
  }
});

const byQuestion = operations.filter(({ path }) => path.includes('{questionId}'));

describe('procedures by question id', () => {
  const ids: Record<string, number> = {};
  const submit = async () => {
    const { code, participantToken } = closing;
    const response = await app.inject({
      method: 'POST',
      url: `/api/sessions/${code}/questions`,
      headers: { authorization: `Bearer ${participantToken}` },
      payload: { body: 'Why?' },
    });
    return z.object({ id: z.int() }).parse(response.json()).id;
  };
  beforeAll(async () => {
    for (const name of ['visible', 'hidden', 'withdrawn']) ids[name] = await submit();
    const hide = { questionId: ids['hidden'], status: 'hidden' };
    await send('PUT', '/api/questions/{questionId}/status', hide, closing.hostToken);
    const withdraw = { questionId: ids['withdrawn'] };
    await send('DELETE', '/api/questions/{questionId}', withdraw, closing.participantToken);
    await endSessionAsHost(db, closing);
  });

  /** The refusals in an ended session by question, for an unknown and a foreign token, author, host. */
  const REFUSALS: Record<string, Record<string, readonly [string, string, string, string]>> = {
    'questions.withdraw': {
      visible: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'SESSION_ENDED', 'FORBIDDEN'],
      hidden: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'QUESTION_NOT_FOUND', 'FORBIDDEN'],
      withdrawn: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'ok', 'QUESTION_NOT_FOUND'],
    },
    'questions.vote': {
      visible: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'SESSION_ENDED', 'SESSION_ENDED'],
      hidden: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'QUESTION_NOT_FOUND', 'SESSION_ENDED'],
      withdrawn: [
        'UNAUTHENTICATED',
        'QUESTION_NOT_FOUND',
        'QUESTION_NOT_FOUND',
        'QUESTION_NOT_FOUND',
      ],
    },
  };
  const MODERATION = {
    visible: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'FORBIDDEN', 'SESSION_ENDED'],
    hidden: ['UNAUTHENTICATED', 'QUESTION_NOT_FOUND', 'QUESTION_NOT_FOUND', 'SESSION_ENDED'],
    withdrawn: [
      'UNAUTHENTICATED',
      'QUESTION_NOT_FOUND',
      'QUESTION_NOT_FOUND',
      'QUESTION_NOT_FOUND',
    ],
  } as const;

  test.each(byQuestion)(
    '$procedure refuses with the reasons of the table',
    async ({ procedure, method, path, example }) => {
      const { hostToken, participantToken } = closing;
      const tokens = [UNKNOWN, foreign.hostToken, participantToken, hostToken];
      for (const [name, reasons] of Object.entries(REFUSALS[procedure] ?? MODERATION)) {
        const input = { ...example, questionId: ids[name] };
        const outcomes: string[] = [];
        for (const token of tokens) outcomes.push(await send(method, path, input, token));
        expect({ [name]: outcomes }).toEqual({ [name]: reasons });
      }
      const unknownQuestion = { ...example, questionId: 999_999_999 };
      expect(await send(method, path, unknownQuestion, UNKNOWN)).toBe('UNAUTHENTICATED');
      expect(await send(method, path, unknownQuestion, hostToken)).toBe('QUESTION_NOT_FOUND');
    },
  );
});
