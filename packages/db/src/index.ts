export * from './constraints.ts';
export * from './database.ts';
export * from './migrate.ts';
export * from './repositories/open-session.ts';
export * from './repositories/session-participants.ts';
export * from './repositories/sessions.ts';
export * from './server.ts';
export * from './unavailable.ts';
