import { type Client, createClient, type PublicQuestion, reasonOf } from '@classroom/client';

const clientOf = (url: string, token?: string): Client => createClient({ url, token });

/** Subscribes a host while two students join, submit and vote, and returns the question with both votes. */
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
  const subscribed = Promise.withResolvers<void>();
  const voted = Promise.withResolvers<PublicQuestion>();
  const subscription = host.sessions.events.subscribe(
    { code },
    {
      onData: ({ data }) => {
        if (data.type === 'snapshot') subscribed.resolve();
        if (data.type === 'question' && data.question.votes === 2) voted.resolve(data.question);
      },
      onError: voted.reject,
    },
  );
  await Promise.race([subscribed.promise, voted.promise]);
  const asked = await students[0]?.questions.submit.mutate({ code, body: 'Why?' });
  const questionId = asked?.id ?? 0;
  await Promise.all(
    students.map((student) =>
      untilAvailable(() => student.questions.vote.mutate({ questionId, on: true })),
    ),
  );
  const question = await voted.promise;
  subscription.unsubscribe();
  return { code, hostToken, question };
}

/** Repeats a call while a busy server refuses it: the client repeats no mutation without a key. */
async function untilAvailable<Output>(call: () => Promise<Output>): Promise<Output> {
  try {
    return await call();
  } catch (error) {
    if (reasonOf(error) !== 'UNAVAILABLE') throw error;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return await untilAvailable(call);
  }
}

/** Creates a session with the client and like a form, which sends no preflight, and reads a response. */
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

/** The test calls these. */
Object.assign(globalThis, { playLesson, tryAll });
