import { createClient } from '@classroom/client';

export interface Classroom {
  /** Of the host, who listens. */
  token: string;
  eventsUrl: string;
  /** A student votes, or takes the vote back. @returns how many votes there are */
  vote: (on: boolean) => Promise<number>;
}

/** A session with a question. */
export async function openClassroom(apiUrl: string): Promise<Classroom> {
  const url = `${apiUrl}/trpc`;
  const anyone = createClient({ url });
  const { code, hostToken } = await anyone.sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: `Ada ${Math.random()}`,
  });
  const { participantToken } = await anyone.sessions.join.mutate({ code, displayName: 'Ben' });
  const student = createClient({ url, token: participantToken });
  const { id: questionId } = await student.questions.submit.mutate({ code, body: 'Why?' });
  return {
    token: hostToken,
    eventsUrl: `${url}/sessions.events?input=${encodeURIComponent(JSON.stringify({ code }))}`,
    vote: async (on) => (await student.questions.vote.mutate({ questionId, on })).votes,
  };
}
