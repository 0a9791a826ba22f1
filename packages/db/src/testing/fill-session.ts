import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredQuestionStatus } from '../tables.ts';

/** Puts questions of the host into a session, that changed one after the other. */
export async function insertQuestions(
  db: Database,
  { code, status, count }: { code: string; status: StoredQuestionStatus; count: number },
): Promise<void> {
  await sql`
    insert into questions
      (session_id, author_id, status, answered_at, anonymous, body, change_number)
    select session.id, author.id, ${status}, now(), false,
      case when ${status} <> 'withdrawn' then 'Why ' || n end, session.change_number + n
    from sessions session
    join session_participants author on author.session_id = session.id and author.role = 'host',
      generate_series(1, ${count}) n
    where session.code = ${code}
  `.execute(db);
  await sql`
    update sessions set change_number = change_number + ${count} where code = ${code}
  `.execute(db);
}

/** Lets participants join a session, under names that begin with its code. */
export async function insertParticipants(
  db: Database,
  { code, count }: { code: string; count: number },
): Promise<void> {
  await sql`
    with joining as (
      insert into users (display_name) select ${code} || ' ' || n from generate_series(1, ${count}) n
      returning id
    )
    insert into session_participants (session_id, user_id, role, token_hash)
    select session.id, joining.id, 'participant', sha256((${code} || joining.id)::bytea)
    from sessions session, joining where session.code = ${code}
  `.execute(db);
}

/** Lets everybody in a session vote for each of its questions that is not withdrawn. */
export async function insertVotes(db: Database, code: string): Promise<void> {
  await sql`
    insert into question_votes
    select question.id, voter.id
    from sessions session
    join questions question on question.session_id = session.id and question.status <> 'withdrawn'
    join session_participants voter on voter.session_id = session.id
    where session.code = ${code}
  `.execute(db);
  await sql`
    update questions set vote_count = (select count(*) from question_votes where question_id = id)
    where session_id = (select id from sessions where code = ${code})
  `.execute(db);
}
