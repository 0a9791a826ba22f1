import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const FLUSH_INTERVAL_MS = 200;
/** PIPE_BUF of Linux: writes of several workers to one pipe do not mix up to this size. */
const WRITE_BYTES = 4096;

/** Creates a JSON logger. Logged errors contain no values of rows or requests. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError },
    },
    destination ??
      pino.destination({
        fd: 1,
        sync: false,
        minLength: WRITE_BYTES - 1,
        maxWrite: WRITE_BYTES,
        periodicFlush: FLUSH_INTERVAL_MS,
      }),
  );
}

/** SQLSTATE class 22, data exception: PostgreSQL quotes the value in the message itself. */
const DATA_EXCEPTION = /^22/;

/**
 * An allow-list: the `detail`, `hint`, `where` and `internalQuery` of a PostgreSQL error quote the
 * refused row.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, cause, stack = '' } = error;
  const code = 'code' in error ? error.code : undefined;
  const constraint = 'constraint' in error ? error.constraint : undefined;
  const isDataException = 'severity' in error && DATA_EXCEPTION.test(String(code));
  return {
    name,
    message: isDataException ? 'data exception' : error.message,
    code,
    constraint,
    stack: isDataException ? stack.slice(stack.indexOf('\n    at')) : stack,
    cause: cause && serializeError(cause),
  };
}
