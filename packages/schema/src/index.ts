export * from './error-reason.ts';
export * from './idempotency-key.ts';
export * from './join-code.ts';
export * from './page.ts';
export * from './participant.ts';
export * from './session.ts';
export * from './text.ts';
export * from './user.ts';
