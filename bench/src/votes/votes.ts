import { createDatabase } from '@classroom/db';
import { describeRun, startApi, startDatabase } from '../environment.ts';
import type { Program } from '../program.ts';
import { openBallot } from './open-ballot.ts';
import { voteByStatement } from './vote-by-statement.ts';
import { voteOverHttp } from './vote-over-http.ts';

const QUESTIONS = [1, 100];
const OPTIONS = { connections: 32, seconds: 8 };
const WARM_UP_SECONDS = 5;

/** Votes on one hot question, and on a hundred, beside the same statement without the API. */
export const votes: Program = {
  name: 'votes',
  async run(stack) {
    const databaseUrl = await startDatabase(stack);
    const { url } = await startApi(databaseUrl, stack);
    const db = stack.use(createDatabase(databaseUrl, { max: OPTIONS.connections }));
    const rows: string[][] = [];
    for (const questions of QUESTIONS) {
      const ballot = await openBallot(db, questions);
      console.log(`votes: warming up on ${questions} …`);
      await voteOverHttp(url, ballot, { ...OPTIONS, seconds: WARM_UP_SECONDS });
      const floor = await voteByStatement(db, ballot, OPTIONS);
      const perSecond = await voteOverHttp(url, ballot, OPTIONS);
      console.log(`${questions}: floor ${Math.round(floor)}/s, API ${Math.round(perSecond)}/s`);
      rows.push([
        questions === 1 ? 'one question' : `${questions} questions of one session`,
        `${Math.round(perSecond)} per second`,
        `${Math.round(floor)} per second`,
        (perSecond / floor).toFixed(2),
      ]);
    }
    const measured = await describeRun(databaseUrl);
    return [
      ['`questions.vote`', 'over HTTP', 'floor: a statement per vote', 'ratio'],
      ...rows,
      ['measured', measured, '', ''],
    ];
  },
};
