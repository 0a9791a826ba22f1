import { callbackify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { ReadOnlyServerError } from './errors.ts';

/** Each value of `target_session_attrs` that suits a server that is written to, with its check. */
const SESSION_CHECKS = new Map<string, string | undefined>([
  ['any', undefined],
  ['primary', 'select not pg_is_in_recovery() as accepted'],
  ['read-write', `select current_setting('transaction_read_only') = 'off' as accepted`],
]);

const DATABASE_URL =
  /^(?<start>postgres(?:ql)?:\/\/(?:[^/?#]*@)?)(?<hosts>[^/?#]*)(?<end>(?:[/?#].*)?)$/s;

/** Splits a URL with several hosts, which neither pg nor `URL` parses, into one URL per host. */
function splitHosts(url: string): string[] {
  const { start = '', hosts = '', end = '' } = DATABASE_URL.exec(url)?.groups ?? {};
  if (!hosts.includes(',')) return [url];
  return hosts.split(',').map((host) => start + host + end);
}

function sessionAttrs(url: string): string {
  return new URL(url).searchParams.get('target_session_attrs') ?? 'any';
}

/** Returns what is wrong with a database URL, without its content; undefined when it is valid. */
export function databaseUrlProblem(url: string): string | undefined {
  const urls = splitHosts(url);
  const isValid = (single: string) =>
    URL.canParse(single) && (urls.length === 1 || new URL(single).hostname !== '');
  if (!DATABASE_URL.test(url) || !urls.every(isValid)) {
    return 'must be like postgres://user:password@host:5432/database, or …@host:5432,other:5432/…';
  }
  return urls.some((single) => !SESSION_CHECKS.has(sessionAttrs(single)))
    ? `must have no target_session_attrs, or one of ${[...SESSION_CHECKS.keys()].join(', ')}`
    : undefined;
}

export interface Hosts {
  count: number;
  /** Connects to the current host. After a failure, the next host is the current one. */
  Client: new (config?: ClientConfig) => Client;
}

/**
 * Reads the hosts of a database URL in libpq's format, for example
 * `postgres://user:password@a:5432,b:5432/database?target_session_attrs=read-write`.
 *
 * @param connectTimeoutMs limits the attempts at all hosts together
 */
export function createHosts(url: string, connectTimeoutMs: number): Hosts {
  const problem = databaseUrlProblem(url);
  if (problem !== undefined) throw new Error(`The database URL ${problem}`);
  const urls = splitHosts(url);
  const check = SESSION_CHECKS.get(sessionAttrs(urls[0] ?? ''));
  const hostTimeoutMs = connectTimeoutMs / urls.length;
  let current = 0;

  class HostClient extends Client {
    readonly #host = current;

    constructor(config: ClientConfig = {}) {
      super({
        ...config,
        connectionString: urls[current],
        connectionTimeoutMillis: hostTimeoutMs,
      });
      // An 'error' event without a listener ends the process. A running statement rejects as well.
      this.on('error', () => {});
    }

    override connect(): Promise<this>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<this> | void {
      if (callback === undefined) return this.#connect();
      callbackify(() => this.#connect())(callback);
    }

    async #connect(): Promise<this> {
      try {
        await super.connect();
        if (check !== undefined) await this.#requireAccepted(check);
        return this;
      } catch (error) {
        // Only the first of several failures at a host selects the next one.
        if (current === this.#host) current = (current + 1) % urls.length;
        throw error;
      }
    }

    async #requireAccepted(text: string): Promise<void> {
      try {
        // pg reads the timeout of one query; its types lack it.
        const query = { text, query_timeout: hostTimeoutMs };
        const { rows } = await this.query<{ accepted: boolean }>(query);
        if (rows[0]?.accepted !== true) throw new ReadOnlyServerError();
      } catch (error) {
        void this.end().catch(() => {});
        throw error;
      }
    }
  }
  return { count: urls.length, Client: HostClient };
}
