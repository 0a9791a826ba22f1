/** As many callers wait for a connection as may, or this one has waited as long as it may. */
export class PoolFullError extends Error {
  override readonly name = 'PoolFullError';

  constructor() {
    super('Too many queries wait for a connection');
  }
}
