import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import {
  type Database,
  castVotes,
  createDatabase,
  insertParticipant,
  insertQuestion,
  insertSession,
} from '@classroom/db';
import { describeRun, startApi, startDatabase } from './environment.ts';
import { newSession, sha256 } from './procedures.ts';
import { randomDigits } from './random-digits.ts';
import { type RoundOptions, callsPerSecond } from './statistics.ts';

const QUESTIONS = [1, 100];
const VOTERS = 500;
const OPTIONS = { connections: 32, seconds: 8 };
const WARM_UP_SECONDS = 5;

interface Ballot {
  tokens: string[];
  questionIds: number[];
}

/** Votes on one question and on a hundred; the baseline sends one statement per vote without HTTP. */
export async function votes(stack: AsyncDisposableStack): Promise<string[][]> {
  const databaseUrl = await startDatabase(stack);
  const { url } = await startApi(databaseUrl, stack);
  const db = stack.use(createDatabase(databaseUrl, { max: OPTIONS.connections }));
  const rows: string[][] = [];
  for (const questions of QUESTIONS) {
    const ballot = await openBallot(db, questions);
    console.log(`votes: warming up on ${questions} …`);
    await voteOverHttp(url, ballot, { ...OPTIONS, seconds: WARM_UP_SECONDS });
    const baseline = await voteByStatement(db, ballot, OPTIONS);
    const perSecond = await voteOverHttp(url, ballot, OPTIONS);
    console.log(`${questions}: baseline ${Math.round(baseline)}/s, API ${Math.round(perSecond)}/s`);
    rows.push([
      questions === 1 ? 'one question' : `${questions} questions of one session`,
      `${Math.round(perSecond)} per second`,
      `${Math.round(baseline)} per second`,
      (perSecond / baseline).toFixed(2),
    ]);
  }
  return [
    ['`questions.vote`', 'over HTTP', 'baseline: a statement per vote', 'ratio'],
    ...rows,
    ['measured', await describeRun(databaseUrl)],
  ];
}

/** Creates a session with five hundred voters and `questions` questions, each of another author. */
async function openBallot(db: Database, questions: number): Promise<Ballot> {
  const session = newSession(randomDigits);
  await insertSession(db, session);
  const { code } = session;
  const tokens = Array.from({ length: VOTERS }, () => randomBytes(32).toString('base64url'));
  for (const token of tokens) {
    await insertParticipant(db, {
      code,
      displayName: token,
      callerTokenHash: null,
      maxParticipants: VOTERS,
      tokenHash: sha256(token),
      idempotencyKeyHash: null,
      tokenSeed: null,
    });
  }
  const questionIds: number[] = [];
  for (const token of tokens.slice(0, questions)) {
    const outcome = await insertQuestion(db, {
      code,
      tokenHash: sha256(token),
      body: 'Why?',
      anonymous: false,
      idempotencyKeyHash: null,
    });
    if (outcome.kind !== 'submitted') throw new Error(`No question was submitted: ${outcome.kind}`);
    questionIds.push(outcome.id);
  }
  return { tokens, questionIds };
}

/** The nth vote: each voter votes for each question in turn, then withdraws these votes. */
function nthVote({ tokens, questionIds }: Ballot, n: number) {
  const token = tokens[n % tokens.length];
  const turn = Math.floor(n / tokens.length) + (n % tokens.length);
  const questionId = questionIds[turn % questionIds.length];
  if (token === undefined || questionId === undefined) throw new Error('The ballot is empty');
  return { token, questionId, on: Math.floor(turn / questionIds.length) % 2 === 0 };
}

async function voteByStatement(
  db: Database,
  ballot: Ballot,
  options: RoundOptions,
): Promise<number> {
  let count = 0;
  return await callsPerSecond(async () => {
    const { token, questionId, on } = nthVote(ballot, (count += 1));
    await castVotes(db, questionId, [{ tokenHash: sha256(token), on }]);
  }, options);
}

async function voteOverHttp(url: string, ballot: Ballot, options: RoundOptions): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  let count = 0;
  const vote = async () =>
    await new Promise<void>((resolve, reject) => {
      const { token, questionId, on } = nthVote(ballot, (count += 1));
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const call = request(`${url}/trpc/questions.vote`, { method: 'POST', agent, headers });
      call.on('error', reject);
      call.on('response', (response) => {
        response.resume();
        if (response.statusCode === 200) response.on('end', resolve);
        else reject(new Error(`A vote was refused with ${response.statusCode}`));
      });
      call.end(JSON.stringify({ questionId, on }));
    });
  const rate = await callsPerSecond(vote, options);
  agent.destroy();
  return rate;
}
