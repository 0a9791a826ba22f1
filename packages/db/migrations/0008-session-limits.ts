import { type Kysely, sql } from 'kysely';

/**
 * Limits per session: a slot for each participant, and a count of questions. A reopened question holds
 * no author slot, so that reopening cannot fail on the author's limit.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // One statement in the lock order of the application: separate locks could deadlock with it.
  await sql`
    lock table sessions, session_participants, questions in access exclusive mode
  `.execute(db);
  await sql`
    alter table questions
      drop constraint questions_pending_check,
      add constraint questions_pending_check check (author_slot is null or status = 'pending')
  `.execute(db);

  await sql`
    alter table sessions
      add column question_count integer not null default 0
        constraint sessions_question_count_check check (question_count >= 0)
  `.execute(db);
  // An ended session takes no questions.
  await sql`
    update sessions set question_count = counted.questions
    from (select session_id, count(*) as questions from questions group by session_id) counted
    where sessions.id = counted.session_id and sessions.status <> 'ended'
  `.execute(db);

  await sql`
    alter table session_participants
      add column session_slot integer,
      add constraint session_participants_session_slot_check check (
        session_slot is null or (session_slot >= 1 and role = 'participant')
      )
  `.execute(db);
  // An ended session takes no participants.
  await sql`
    update session_participants set session_slot = numbered.slot
    from (
      select participant.id,
        row_number() over (partition by participant.session_id order by participant.id) as slot
      from session_participants participant
      join sessions on sessions.id = participant.session_id and sessions.status <> 'ended'
      where participant.role = 'participant'
        and participant.user_id is not null and participant.blocked_at is null
    ) numbered
    where session_participants.id = numbered.id
  `.execute(db);
  await sql`
    create unique index session_participants_session_slot_key
      on session_participants (session_id, session_slot) where session_slot is not null
  `.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`alter table session_participants drop column session_slot`.execute(db);
  await sql`alter table sessions drop column question_count`.execute(db);
  await sql`
    update questions set status = 'answered', answered_at = coalesce(answered_at, now())
    where status = 'pending' and author_slot is null
  `.execute(db);
  await sql`
    alter table questions
      drop constraint questions_pending_check,
      add constraint questions_pending_check check ((status = 'pending') = (author_slot is not null))
  `.execute(db);
}
