/** The process cannot start, for a reason that one line tells and its operator can mend. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
