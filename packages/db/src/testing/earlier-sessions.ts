import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Fills an empty database of 0.1.0, which has the migrations up to 0007. Every second session is open. */
export async function insertEarlierSessions(
  db: Database,
  {
    sessions,
    participants,
    questions,
  }: { sessions: number; participants: number; questions: number },
): Promise<void> {
  await sql`
    insert into users (display_name)
    select 'User ' || n from generate_series(1, ${sessions * participants}::int) n
  `.execute(db);
  await sql`
    insert into sessions (host_user_id, host_slot, code, title, status, ended_at, expires_at)
    select id, 1, lpad(id::text, 10, '0'), 'T', status, case when status = 'ended' then now() end,
      now() + interval '1 h'
    from users, lateral (values (case when id % 2 = 0 then 'draft' else 'ended' end)) as of (status)
    order by id limit ${sessions}::int
  `.execute(db);
  await sql`
    insert into session_participants (session_id, user_id, role, token_hash)
    select session.id, users.id,
      case when users.id = session.host_user_id then 'host' else 'participant' end,
      sha256(users.id::text::bytea)
    from users join sessions session on session.id = (users.id - 1) % ${sessions}::int + 1
    order by users.id
  `.execute(db);
  await sql`
    insert into questions (session_id, author_id, author_slot, anonymous, body, change_number)
    select session_id, id, n, false, 'Why?', n
    from session_participants, generate_series(1, ${questions}::int) n where role = 'host'
  `.execute(db);
}
