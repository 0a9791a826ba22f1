import type { Client } from '@classroom/client';
import type { Lesson } from '../lesson.ts';

export interface Student {
  /** The id of the participant. */
  id: number;
  client: Client;
}

/** Who is in the lesson. */
export type Students = Record<'ben' | 'cleo' | 'dan' | 'eve', Student>;

/** Students come in by code and name, and the host starts. */
export async function arrive({ stage, as, code, host, listener }: Lesson): Promise<Students> {
  const join = async (displayName: string): Promise<Student> => {
    const { participant, participantToken } = await as().sessions.join.mutate({
      code,
      displayName,
      idempotencyKey: crypto.randomUUID(),
    });
    return { id: participant.id, client: as(participantToken) };
  };
  await stage.act('Ben, Cleo, Dan and Eve type the code.');
  const [ben, cleo, dan, eve] = await Promise.all([
    join('Ben'),
    join('Cleo'),
    join('Dan'),
    join('Eve'),
  ]);
  const { items } = await ben.client.sessions.participants.query({ code });
  stage.note(`${items.length} are in the room.`);

  await stage.act('Ms Noether starts.');
  await host.sessions.start.mutate({ code });
  await listener.until(({ type }) => type === 'session');
  return { ben, cleo, dan, eve };
}
