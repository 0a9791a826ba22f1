import { type Client, createClient } from '@classroom/client';
import { type Feed, monotonicMs } from './feed.ts';

export interface Classroom extends Feed {
  /** One token for each participant. */
  tokens: string[];
  /** The bytes of one vote's event, as a listener receives them. */
  event: string;
}

const JOINING_AT_ONCE = 32;

/** Creates a session with a question and participants. Each broadcast is the vote of the next participant. */
export async function openClassroom(
  api: { url: string; pid: number },
  participants: number,
): Promise<Classroom> {
  const url = `${api.url}/trpc`;
  const anyone = createClient({ url });
  const { code, hostToken } = await anyone.sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${crypto.randomUUID()}`,
  });
  const { id: questionId } = await createClient({ url, token: hostToken }).questions.submit.mutate({
    code,
    body: 'Why do we invert and multiply when we divide by a fraction?',
  });
  const tokens = await joinAll(anyone, code, participants);
  const eventsUrl = `${url}/sessions.events?input=${encodeURIComponent(JSON.stringify({ code }))}`;

  let voters = 0;
  const broadcast = async () => {
    const token = tokens[voters];
    if (token === undefined) throw new Error('Every participant has voted');
    voters += 1;
    const sentAt = monotonicMs();
    const vote = createClient({ url, token }).questions.vote;
    const { votes } = await vote.mutate({ questionId, on: true });
    return { votes, sentAt, acknowledgedAt: monotonicMs() };
  };
  return {
    url: eventsUrl,
    pid: api.pid,
    tokens,
    broadcast,
    databaseReads: () => databaseReads(api.url),
    event: await captureEvent(eventsUrl, hostToken, broadcast),
  };
}

async function joinAll(client: Client, code: string, participants: number): Promise<string[]> {
  const tokens: string[] = [];
  let joined = 0;
  const join = async () => {
    while (joined < participants) {
      joined += 1;
      const displayName = `Participant ${joined}`;
      tokens.push((await client.sessions.join.mutate({ code, displayName })).participantToken);
    }
  };
  await Promise.all(Array.from({ length: JOINING_AT_ONCE }, join));
  return tokens;
}

/** Subscribes until the event of a vote arrives. */
async function captureEvent(
  url: string,
  token: string,
  broadcast: () => Promise<unknown>,
): Promise<string> {
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
  const { body } = await fetch(url, { headers });
  let received = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    if (received === '') await broadcast();
    received += chunk;
    const event = received.split(/(?<=\n\n)/).find((block) => block.includes('"votes":1'));
    if (event?.endsWith('\n\n') === true) return event;
  }
  throw new Error('The stream ended before the event of a vote');
}

async function databaseReads(apiUrl: string): Promise<number> {
  const metrics = await (await fetch(`${apiUrl}/metrics`)).text();
  return Number(/^classroom_live_reads_total (\d+)/m.exec(metrics)?.[1]);
}
