import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const FLUSH_EVERY_MS = 200;

/**
 * Structured logs. Of an error goes in only what holds no row and no request.
 *
 * @param destination where to, when not standard output
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: toLog } },
    destination ??
      pino.destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: FLUSH_EVERY_MS }),
  );
}

/**
 * PostgreSQL's `detail`, `where` and `hint` quote the row that was refused, names included; they
 * are left out.
 */
function toLog(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const constraint = 'constraint' in error ? error.constraint : undefined;
  return { name, message, code, constraint, stack, cause: cause && toLog(cause) };
}
