import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@classroom/client';
import { describe, expect, test } from 'vitest';
import { sized } from '../src/campaign.ts';
import { useApi } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';
import { createNormaliser, tellOutcome } from '../src/transcript.ts';

const { as } = await useApi();

/** The roles that look for the author of an anonymous question. */
const OBSERVERS = ['host', 'moderator'] as const;

/** What happens to Ben after the anonymous question was asked by him or by somebody else. */
const EVENTS = ['three pending questions', 'mute', 'removal', 'block'] as const;

interface Scene {
  observer: 'host' | 'moderator';
  author: 'Ben' | 'Cleo' | 'host';
  event: (typeof EVENTS)[number];
  moderated: boolean;
}

async function openSession({ observer: role, moderated }: Pick<Scene, 'observer' | 'moderated'>) {
  const hostDisplayName = `Ada ${randomUUID()}`;
  const session = await as().sessions.create.mutate({ title: 'T', hostDisplayName, moderated });
  const { code, hostToken } = session;
  const host = as(hostToken);
  const join = async (displayName: string) => {
    const joined = await as().sessions.join.mutate({ code, displayName });
    return { client: as(joined.participantToken), id: joined.participant.id };
  };
  const [ben, cleo] = [await join('Ben'), await join('Cleo')];
  const openModerator = async () => {
    const { pairingCode } = await host.sessions.createPairingCode.mutate({ code, role });
    return as((await as().sessions.redeemPairingCode.mutate({ code, pairingCode })).token);
  };
  const observer = role === 'host' ? host : await openModerator();
  return { code, hostDisplayName, host, observer, ben, cleo };
}

const attempted = new Set<string>();

/** Records everything that the observer receives, and that each attempt to find the author returns. */
async function observe(scene: Scene): Promise<unknown[]> {
  const { code, hostDisplayName, host, observer, ben, cleo } = await openSession(scene);
  const normalise = createNormaliser(new Map([[hostDisplayName, 'Ada']]));
  const transcript: unknown[] = [];
  using feed = await subscribe(observer, code);
  // Before any change: the snapshot would have its number.
  await expect.poll(() => feed.changes().length).toBe(1);
  let recorded = 0;
  let steps = 0;

  /** Waits until the observer has received what the last call changed. */
  const receive = async () => {
    const title = `Step ${(steps += 1)}`;
    await host.sessions.configure.mutate({ code, title });
    const isMarker = ({ data }: (typeof feed.received)[number]) =>
      data.type === 'session' && data.session.title === title;
    await expect.poll(() => feed.received.some(isMarker)).toBe(true);
    const events = feed.changes();
    // Several changes of the session may cause one event.
    const received = events.slice(recorded).filter(({ data }) => data.type !== 'session');
    transcript.push(...received.map(normalise));
    recorded = events.length;
  };
  const happen = async <Result>(call: Promise<Result>): Promise<Result> => {
    const result = await call;
    await receive();
    return result;
  };
  /** Makes a call that changes nothing. */
  const look = async (name: string, call: (client: Client) => Promise<unknown>) => {
    attempted.add(name);
    const outcome = await tellOutcome(call(observer));
    transcript.push([name, normalise(outcome)]);
    return outcome;
  };
  const attempt = async (name: string, call: (client: Client) => Promise<unknown>) => {
    if ('result' in (await look(name, call))) await receive();
  };

  const authors = { Ben: ben.client, Cleo: cleo.client, host };
  const ask = (client: Client, anonymous = false) =>
    happen(client.questions.submit.mutate({ code, body: 'Why?', anonymous }));
  const { id: secret } = await ask(authors[scene.author], true);
  const [named] = [await ask(ben.client), await ask(cleo.client)];
  const { questions, sessions } = observer;
  switch (scene.event) {
    case 'three pending questions':
      await happen(questions.setStatus.mutate({ questionId: secret, status: 'answered' }));
      await ask(ben.client);
      await ask(ben.client);
      break;
    case 'mute':
      await happen(questions.muteAuthor.mutate({ questionId: named.id, muted: true }));
      break;
    case 'removal':
    case 'block': {
      const block = scene.event === 'block';
      await happen(sessions.removeParticipant.mutate({ code, participantId: ben.id, block }));
    }
  }

  const lookAround = async () => {
    const filters = (['waiting', 'pending', 'answered', 'hidden'] as const).map((status) => ({
      status,
    }));
    for (const filter of [{}, { order: 'newest' } as const, ...filters]) {
      const input = { code, ...filter };
      await look('questions.list', (client) => client.questions.list.query(input));
    }
    await look('sessions.participants', (client) => client.sessions.participants.query({ code }));
    await look('sessions.me', (client) => client.sessions.me.query({ code }));
    await look('sessions.get', (client) => client.sessions.get.query({ code }));
    await look('sessions.export', (client) => client.sessions.export.query({ code }));
    await look('sessions.devices', (client) => client.sessions.devices.query({ code }));
    attempted.add('sessions.events');
    using again = await subscribe(observer, code);
    await expect.poll(() => again.changes().length).toBe(1);
    transcript.push(...again.changes().map(normalise));
  };
  type SettableStatus = 'pending' | 'answered' | 'hidden';
  const tryQuestion = async (questionId: number, statuses: readonly SettableStatus[]) => {
    for (const status of statuses) {
      const input = { questionId, status };
      await attempt('questions.setStatus', (client) => client.questions.setStatus.mutate(input));
    }
    for (const on of [true, false]) {
      const input = { questionId, on };
      await attempt('questions.pin', (client) => client.questions.pin.mutate(input));
      await attempt('questions.vote', (client) => client.questions.vote.mutate(input));
    }
    for (const muted of [true, false]) {
      const input = { questionId, muted };
      await attempt('questions.muteAuthor', (client) => client.questions.muteAuthor.mutate(input));
    }
  };

  await lookAround();
  await tryQuestion(secret, ['hidden', 'answered', 'pending', 'answered', 'hidden', 'pending']);
  const { items } = await observer.sessions.participants.query({ code });
  for (const block of [false, true]) {
    for (const participantId of new Set([...items.map(({ id }) => id), ben.id, cleo.id])) {
      const input = { code, participantId, block };
      await attempt('sessions.removeParticipant', (client) =>
        client.sessions.removeParticipant.mutate(input),
      );
      await look('sessions.unblock', (client) =>
        client.sessions.unblock.mutate({ code, participantId }),
      );
    }
    await tryQuestion(secret, ['hidden', 'pending']);
  }
  await lookAround();
  await attempt('questions.submit', (client) =>
    client.questions.submit.mutate({ code, body: 'I' }),
  );
  await attempt('sessions.start', (client) => client.sessions.start.mutate({ code }));
  await attempt('sessions.extend', (client) => client.sessions.extend.mutate({ code }));
  await attempt('sessions.configure', (client) =>
    client.sessions.configure.mutate({ code, moderated: !scene.moderated }),
  );
  await attempt('sessions.createPairingCode', (client) =>
    client.sessions.createPairingCode.mutate({ code }),
  );
  await look('sessions.revokeDevice', (client) =>
    client.sessions.revokeDevice.mutate({ code, deviceId: 1_000_000 }),
  );
  await attempt('sessions.duplicate', (client) => client.sessions.duplicate.mutate({ code }));
  await attempt('sessions.leave', (client) => client.sessions.leave.mutate({ code }));
  if (scene.author !== 'host' || scene.observer !== 'host') {
    await attempt('questions.withdraw', (client) =>
      client.questions.withdraw.mutate({ questionId: secret }),
    );
  }
  await look('sessions.end', (client) => client.sessions.end.mutate({ code }));
  await look('questions.muteAuthor', (client) =>
    client.questions.muteAuthor.mutate({ questionId: secret, muted: true }),
  );
  await look('sessions.export', (client) => client.sessions.export.query({ code }));
  await look('sessions.delete', (client) => client.sessions.delete.mutate({ code }));
  return transcript;
}

describe('two sessions that differ only in who asked an anonymous question look the same', () => {
  // Each scene has an event of its own; all combinations would take too long.
  const scenes = OBSERVERS.flatMap((observer, index) =>
    [false, true].map((moderated) => {
      const event = EVENTS[2 * index + Number(moderated)] ?? 'block';
      return { observer, moderated, event };
    }),
  );
  const played = scenes.filter((_, index) => index % sized(3, 1) === 0);

  test.each(played)(
    'to the $observer (moderated: $moderated)',
    { timeout: 400_000 },
    async (scene) => {
      // `mine` tells the host of their own question.
      const others = scene.observer === 'host' ? [] : (['host'] as const);
      const authors = ['Ben', 'Cleo', ...others] as const;
      // Together, because each mostly waits for events.
      const transcripts = authors.map((author) => observe({ ...scene, author }));
      const [first, ...rest] = await Promise.all(transcripts);
      expect(first?.length).toBeGreaterThan(80);
      for (const other of rest) expect(other).toEqual(first);
    },
  );
});

test('the observers try every procedure that takes a token', async () => {
  const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+\.\w+)`/gm)].map(([, name = '']) => name);
  const isLeftOut = (name: string) =>
    /^hosts\.|^sessions\.(create|join|prolong|redeemPairingCode)$/.test(name);
  const expected = documented.filter((name) => !isLeftOut(name));
  expect([...attempted].toSorted()).toEqual(expected.toSorted());
});
