import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Client, reasonOf } from '@classroom/client';
import { describe, expect, test } from 'vitest';
import { type Scene, TABLE, type Token, isToken } from '../src/authorisation-table.ts';
import { sessionInput, useApi } from '../src/client.ts';

const { as } = await useApi();
const open = () => as().sessions.create.mutate(sessionInput());
const { code, hostToken } = await open();
const join = (displayName: string) => as().sessions.join.mutate({ code, displayName });
const [ben, cleo, dan, eve, fay] = [
  await join('Ben'),
  await join('Cleo'),
  await join('Dan'),
  await join('Eve'),
  await join('Fay'),
];
const pair = async (role: 'moderator' | 'viewer') => {
  const { pairingCode } = await as(hostToken).sessions.createPairingCode.mutate({ code, role });
  return await as().sessions.redeemPairingCode.mutate({ code, pairingCode });
};
const [moderator, revoked, viewer] = [
  await pair('moderator'),
  await pair('moderator'),
  await pair('viewer'),
];
const holders: Record<Token | 'host', Client> = {
  host: as(hostToken),
  none: as(),
  unknown: as('A'.repeat(43)),
  foreign: as((await open()).hostToken),
  moderator: as(moderator.token),
  viewer: as(viewer.token),
  revoked: as(revoked.token),
  participant: as(ben.participantToken),
  removed: as(cleo.participantToken),
  blocked: as(dan.participantToken),
  rowId: as(String(ben.participant.id)),
};
const { sessions, questions } = holders.host;
await sessions.removeParticipant.mutate({ code, participantId: cleo.participant.id });
await sessions.removeParticipant.mutate({ code, participantId: dan.participant.id, block: true });
const { id: questionId } = await questions.submit.mutate({ code, body: 'How?' });
const { items: devices } = await sessions.devices.query({ code });
const [, { id: revokedId } = { id: 0 }, { id: deviceId } = { id: 0 }] = devices;
await sessions.revokeDevice.mutate({ code, deviceId: revokedId });
const scene: Scene = { code, questionId, participantId: fay.participant.id, deviceId };

// apps/api/src/router.test.ts compares docs/api.md with the router.
test('the table has every procedure of docs/api.md', async () => {
  const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+\.\w+)`/gm)].map(([, name = '']) => name);
  expect(Object.keys(TABLE).toSorted()).toEqual(documented.toSorted());
});

describe.each(Object.entries(TABLE))('%s', (_, [call, refusals]) => {
  test.each(Object.entries(refusals))('with token %s: %s', async (holder, expected) => {
    if (!isToken(holder)) throw new Error(holder);
    const outcome = await call(holders[holder], scene).then(() => 'ok', reasonOf);
    expect(outcome).toBe(expected);
  });
});

test('refused calls change nothing', async () => {
  expect(await sessions.get.query({ code })).toMatchObject({ status: 'draft' });
  const { items } = await sessions.participants.query({ code });
  // A moderator may remove Fay.
  expect(items.map(({ id }) => id)).toContain(eve.participant.id);
  expect((await sessions.devices.query({ code })).items).toHaveLength(2);
});
