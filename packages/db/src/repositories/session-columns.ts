/** What others see of `sessions as session`, with its host's name from `users as host`. */
export const SESSION_COLUMNS = [
  'session.id',
  'session.code',
  'session.title',
  'session.created_at',
  'session.host_user_id',
  'host.display_name as host_display_name',
] as const;
