/** Why the demo cannot go on, in one line for whoever started it. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
