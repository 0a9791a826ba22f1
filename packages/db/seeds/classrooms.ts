import type { Database } from '../src/database.ts';
import { migrateToLatest } from '../src/migrate.ts';
import { deleteSession, lockSessionAsHost } from '../src/repositories/session-deletion.ts';
import { devToken, devTokenHash } from './dev-token.ts';
import { type Lesson, LESSONS } from './lessons.ts';
import { openLesson } from './open-lesson.ts';

/**
 * Puts the lessons into the database, each in place of what an earlier run left of it: to seed again
 * starts anew, and leaves every other session alone. Prints what to come in by.
 */
export async function seedClassrooms(db: Database): Promise<void> {
  await migrateToLatest(db);
  await db.transaction().execute(async (transaction) => {
    for (const lesson of LESSONS) {
      const earlier = await lockSessionAsHost(transaction, {
        code: lesson.code,
        tokenHash: devTokenHash(lesson.code, lesson.host),
      });
      if (earlier !== undefined) await deleteSession(transaction, earlier);
      await openLesson(transaction, lesson);
    }
  });
  console.log(LESSONS.map(describe).join('\n\n'));
}

function describe({ code, title, status, host, students }: Lesson): string {
  const width = Math.max(...[host, ...students].map(({ length }) => length));
  const tokens = [host, ...students].map(
    (name) => `  ${name.padEnd(width)}  ${devToken(code, name)}`,
  );
  return [`${code}  ${title} (${status})`, ...tokens].join('\n');
}
