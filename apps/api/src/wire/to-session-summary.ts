import type { Session } from '@classroom/db';
import type { SessionSummary } from '@classroom/schema';

/** A session as it goes over the wire. */
export function toSessionSummary(session: Session): SessionSummary {
  return {
    id: session.id,
    code: session.code,
    title: session.title,
    status: session.status,
    host: { id: session.host_user_id, displayName: session.host_display_name },
    createdAt: session.created_at.toISOString(),
  };
}
