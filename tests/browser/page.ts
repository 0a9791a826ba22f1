import { type Client, createClient, type PublicQuestion, reasonOf } from '@classroom/client';

const clientOf = (url: string, token?: string): Client => createClient({ url, token });

/** A host listens while two students come in, ask and vote; gives what the host has heard last. */
async function playLesson(url: string) {
  const anyone = clientOf(url);
  const { code, hostToken } = await anyone.sessions.create.mutate({
    title: 'Algebra I',
    hostDisplayName: 'Ada',
  });
  const host = clientOf(url, hostToken);
  const students = await Promise.all(
    ['Ben', 'Cleo'].map(async (displayName) => {
      const { participantToken } = await anyone.sessions.join.mutate({ code, displayName });
      return clientOf(url, participantToken);
    }),
  );
  const listening = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<PublicQuestion>();
  const subscription = host.sessions.events.subscribe(
    { code },
    {
      onData: ({ data }) => {
        if (data.type === 'snapshot') listening.resolve();
        if (data.type === 'question' && data.question.votes === 2) heard.resolve(data.question);
      },
      onError: heard.reject,
    },
  );
  await Promise.race([listening.promise, heard.promise]);
  const asked = await students[0]?.questions.submit.mutate({ code, body: 'Why?' });
  const questionId = asked?.id ?? 0;
  await Promise.all(
    students.map((student) => student.questions.vote.mutate({ questionId, on: true })),
  );
  const question = await heard.promise;
  subscription.unsubscribe();
  return { code, hostToken, question };
}

/** What comes of trying: by the client, as a form does, which asks for no leave before, and to read. */
async function tryAll(url: string, hostDisplayName: string) {
  const input = { title: 'Algebra I', hostDisplayName };
  const outcome = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'answered',
      (error: unknown) => reasonOf(error) ?? 'nothing',
    );
  const form = { method: 'POST', mode: 'no-cors', body: JSON.stringify(input) } as const;
  return {
    client: await outcome(clientOf(url).sessions.create.mutate(input)),
    form: await outcome(fetch(`${url}/sessions.create`, form)),
    read: await outcome(fetch(url.replace(/trpc$/, 'livez'))),
  };
}

/** For the test to call. */
Object.assign(globalThis, { playLesson, tryAll });
