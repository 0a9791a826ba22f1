import { randomUUID } from 'node:crypto';
import { administer, createTestDatabase, dumpTables } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf } from '../src/client-of.ts';
import { reasonFor } from '../src/reason-for.ts';
import { startRecordingProxy } from '../src/recording-proxy.ts';
import { startApi } from '../src/start-api.ts';
import { startCollector } from '../src/start-collector.ts';

/** What is somewhere in the text, also as hexadecimal or base64. */
function findIn(text: string, secrets: readonly string[]): string[] {
  const forms = (secret: string) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret, 'base64url').toString('hex'),
  ];
  return secrets.filter((secret) => forms(secret).some((form) => text.includes(form)));
}

test('names, tokens, keys and pairing codes are in no log, URL, metric or trace, errors included', async () => {
  await using database = await createTestDatabase();
  await using collector = await startCollector();
  await using api = await startApi({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'trace',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  await using proxy = await startRecordingProxy(api.url);
  const as = (token?: string) => clientOf(proxy, token).sessions;
  const canary = (what: string) => `Canary ${what} ${randomUUID()}`;

  const creation = {
    title: canary('title'),
    hostDisplayName: canary('host'),
    idempotencyKey: randomUUID(),
  };
  const joining = { displayName: canary('student'), idempotencyKey: randomUUID() };
  const unknownToken = canary('token').replaceAll(' ', '-');
  const body = canary('question');
  const names = [creation.title, creation.hostDisplayName, joining.displayName, body];

  const { code, hostToken } = await as().create.mutate(creation);
  const host = as(hostToken);
  const { participant, participantToken } = await as().join.mutate({ code, ...joining });
  const { pairingCode } = await host.createPairingCode.mutate({ code });
  const paired = await as().redeemPairingCode.mutate({ code, pairingCode });
  const { pairingCode: pending } = await host.createPairingCode.mutate({ code });
  const tokens = [hostToken, participantToken, paired.hostToken, unknownToken];
  const keys = [creation.idempotencyKey, joining.idempotencyKey];
  const codes = [pairingCode, pending];

  const ask = clientOf(proxy, participantToken).questions;
  const { id: questionId } = await ask.submit.mutate({ code, body });
  await ask.vote.mutate({ questionId, on: true });
  await reasonFor(ask.submit.mutate({ code, body: `${body}\0` }));
  await reasonFor(ask.pin.mutate({ questionId, on: true }));
  await host.export.query({ code });

  // And all of it again, where it is refused.
  await host.start.mutate({ code });
  await host.prolong.mutate({ code });
  await as(participantToken).participants.query({ code });
  await host.get.query({ code });
  expect(await reasonFor(as().create.mutate({ ...creation, title: canary('') }))).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
  expect(await reasonFor(as().create.mutate({ ...creation, title: `${creation.title}\0` }))).toBe(
    'INVALID_INPUT',
  );
  expect(await reasonFor(as().join.mutate({ code, displayName: joining.displayName }))).toBe(
    'NAME_TAKEN',
  );
  expect(await reasonFor(as(unknownToken).end.mutate({ code }))).toBe('UNAUTHENTICATED');
  expect(await reasonFor(as(participantToken).end.mutate({ code }))).toBe('FORBIDDEN');
  expect(await reasonFor(as().redeemPairingCode.mutate({ code, pairingCode }))).not.toBe('none');

  const stored = await dumpTables(database.db);
  expect(findIn(stored, names)).toEqual(names);
  expect(findIn(stored, [...tokens, ...keys, ...codes])).toEqual([]);

  // A database that goes away, and one that does not have what it should.
  await administer(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'classroom'`,
  );
  await reasonFor(host.get.query({ code }));
  await administer(database.url, 'alter table users rename to gone');
  const failing = [
    as().create.mutate({ ...creation, idempotencyKey: randomUUID() }),
    as().join.mutate({ code, ...joining, displayName: `${joining.displayName} II` }),
    host.removeParticipant.mutate({ code, participantId: participant.id, block: true }),
    as(participantToken).participants.query({ code }),
  ];
  await Promise.all(failing.map(reasonFor));
  await expect.poll(api.output).toContain('42P01');
  const path = encodeURIComponent(creation.title);
  await fetch(`${api.url}/trpc/${path}`);
  await fetch(`${api.url}/${path}`);

  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  const secrets = [...names, ...tokens, ...keys, ...codes];
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(findIn(api.output(), secrets)).toEqual([]);
  expect(findIn(metrics, [...secrets, code])).toEqual([]);
  await api[Symbol.asyncDispose]();
  expect(collector.spans().length).toBeGreaterThan(40);
  expect(findIn(collector.received(), [...secrets, code])).toEqual([]);
  expect(findIn(proxy.urls.join('\n'), secrets)).toEqual([]);
});
