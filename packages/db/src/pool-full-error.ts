/** As many callers wait for a connection as may. */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';

  constructor() {
    super('Too many queries wait for a connection');
  }
}
