import { randomUUID } from 'node:crypto';
import { administer, createTestDatabase, dumpTables } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { clientOf, reasonFor } from '../src/client.ts';
import { terminateBackends } from '../src/hold-lock.ts';
import { startRecordingProxy } from '../src/proxies.ts';
import { startApi } from '@classroom/api/start';
import { startCollector } from '../src/start-collector.ts';

/** The secrets that a text contains, as they are or encoded. */
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

/** A host key as it is shown and as it is hashed, and its halves: shorter parts may occur by chance. */
function partsOf(hostKey: string): string[] {
  const plain = hostKey.replaceAll('-', '');
  return [
    hostKey,
    plain,
    hostKey.slice(0, 19),
    hostKey.slice(20),
    plain.slice(0, 16),
    plain.slice(16),
  ];
}

test('names, tokens, keys and pairing codes reach no log, URL, metric or trace, even when calls fail', async () => {
  await using database = await createTestDatabase();
  await using collector = await startCollector();
  await using api = await startApi({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'trace',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  await using proxy = await startRecordingProxy(api.url);
  const as = (token?: string) => clientOf(proxy, token).sessions;
  const hostsAs = (token?: string) => clientOf(proxy, token).hosts;
  const canary = (kind: string) => `Canary ${kind} ${randomUUID()}`;

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
  const keying = { idempotencyKey: randomUUID() };
  const { hostKey } = await hostsAs().createKey.mutate(keying);
  expect(await hostsAs().createKey.mutate(keying)).toEqual({ hostKey });
  const rotation = { idempotencyKey: randomUUID() };
  const { hostKey: newKey } = await hostsAs(hostKey).rotateKey.mutate(rotation);
  const keyless = { ...creation, idempotencyKey: undefined };
  expect(await reasonFor(as(hostKey).create.mutate(keyless))).toBe('UNAUTHENTICATED');
  const { code: ownedCode } = await as(newKey).create.mutate(keyless);
  const entered = await hostsAs(newKey).enter.mutate({ code: ownedCode });
  expect(await reasonFor(hostsAs(newKey).enter.mutate({ code }))).toBe('FORBIDDEN');
  expect((await hostsAs(newKey).sessions.query({})).items).toHaveLength(1);
  const { hostKey: forgottenKey } = await hostsAs().createKey.mutate({});
  await hostsAs(forgottenKey).forget.mutate();
  const hostKeys = [hostKey, newKey, forgottenKey].flatMap(partsOf);

  const tokens = [hostToken, participantToken, paired.token, unknownToken, entered.hostToken];
  const keys = [creation, joining, keying, rotation].map(({ idempotencyKey }) => idempotencyKey);
  const codes = [pairingCode, pending];

  const { questions } = clientOf(proxy, participantToken);
  const { id: questionId } = await questions.submit.mutate({ code, body });
  await questions.vote.mutate({ questionId, on: true });
  await reasonFor(questions.submit.mutate({ code, body: `${body}\0` }));
  await reasonFor(questions.pin.mutate({ questionId, on: true }));
  await host.export.query({ code });

  // The same values in calls that are refused.
  await host.start.mutate({ code });
  await host.extend.mutate({ code });
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
  expect(findIn(stored, [...tokens, ...keys, ...hostKeys, ...codes])).toEqual([]);

  await terminateBackends(database.url);
  await reasonFor(host.get.query({ code }));

  // PostgreSQL quotes the refused row in the detail of these two errors.
  await administer(
    database.url,
    `alter table users add constraint no_student_ii check (display_name not like '% II') not valid;
     create unique index no_equal_question on questions (body)`,
  );
  const second = { ...joining, idempotencyKey: randomUUID() };
  second.displayName = `${joining.displayName} II`;
  expect(await reasonFor(as().join.mutate({ code, ...second }))).toBe('INTERNAL');
  expect(await reasonFor(questions.submit.mutate({ code, body }))).toBe('INTERNAL');
  await administer(database.url, 'alter table users rename to gone');
  const failing = [
    as().create.mutate({ ...creation, idempotencyKey: randomUUID() }),
    as().join.mutate({ code, ...joining, displayName: `${joining.displayName} III` }),
    host.removeParticipant.mutate({ code, participantId: participant.id, block: true }),
    as(participantToken).participants.query({ code }),
    as(newKey).create.mutate(keyless),
    hostsAs(newKey).sessions.query({}),
    hostsAs(newKey).enter.mutate({ code: ownedCode }),
  ];
  await Promise.all(failing.map(reasonFor));
  const path = encodeURIComponent(creation.title);
  await fetch(`${api.url}/trpc/${path}`);
  await fetch(`${api.url}/${path}`);

  const metrics = await (await fetch(`${api.url}/metrics`)).text();
  const secrets = [...names, ...tokens, ...keys, second.idempotencyKey, ...hostKeys, ...codes];
  // Stopping flushes logs and traces.
  await api[Symbol.asyncDispose]();
  for (const sqlState of ['23514', '23505', '42P01']) expect(api.output()).toContain(sqlState);
  expect(findIn(api.output(), secrets)).toEqual([]);
  expect(findIn(metrics, [...secrets, code])).toEqual([]);
  expect(collector.spans().length).toBeGreaterThan(40);
  expect(findIn(collector.received(), [...secrets, code])).toEqual([]);
  expect(findIn(proxy.urls.join('\n'), secrets)).toEqual([]);
});
