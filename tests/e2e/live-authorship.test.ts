import { expect, test } from 'vitest';
import { createSession, useApi } from '../src/client.ts';
import { subscribe } from '../src/subscribe.ts';

const { api, as } = await useApi();

test('only the author is told that an anonymous question is their own', async () => {
  const { code, hostToken } = await createSession(api);
  const { participantToken, participant } = await as().sessions.join.mutate({
    code,
    displayName: 'Ben',
  });
  using author = await subscribe(as(participantToken), code);
  using other = await subscribe(as(hostToken), code);
  for (const { changes } of [author, other]) await expect.poll(changes).toHaveLength(1);
  const { questions } = as(participantToken);
  const secret = await questions.submit.mutate({ code, body: 'Secret?', anonymous: true });
  const named = await questions.submit.mutate({ code, body: 'Named?' });
  const received = ({ changes }: typeof author) =>
    changes().flatMap(({ data }) => (data.type === 'question' ? [data.question] : []));
  const ben = { id: participant.id, displayName: 'Ben', role: 'participant' };
  await expect
    .poll(() => received(author))
    .toMatchObject([
      { id: secret.id, mine: true, author: null },
      { id: named.id, mine: true, author: ben },
    ]);
  await expect
    .poll(() => received(other))
    .toMatchObject([
      { id: secret.id, mine: false, author: null },
      { id: named.id, mine: false, author: ben },
    ]);
  using again = await subscribe(as(participantToken), code);
  await expect
    .poll(() => again.changes())
    .toMatchObject([{ data: { questions: [{ mine: true }, { mine: true }] } }]);
});
