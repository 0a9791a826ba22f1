import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { VARIABLES, readEnv } from './env.ts';

test('settings have defaults', () => {
  expect(readEnv({})).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 3000,
    CORS_ORIGINS: ['http://localhost:*', 'http://127.0.0.1:*', 'http://[::1]:*'],
    TRUST_PROXY: [],
    WEB_CONCURRENCY: 1,
    DATABASE_POOL_MAX: 10,
    JOIN_CODE_LENGTH: 6,
    SESSION_TTL_HOURS: 24,
    RATE_LIMITS: 'on',
    LOG_LEVEL: 'info',
    DATA_DIR: expect.stringMatching(/\/\.data$/),
  });
});

test('an empty variable counts as unset', () => {
  expect(readEnv({ PORT: '', DATABASE_URL: '' })).toEqual(readEnv({}));
});

test('database URLs may name several hosts', () => {
  const url = 'postgres://user:secret@a:5432,[::1]:5433,c/db?target_session_attrs=read-write';
  const env = { DATABASE_URL: url, DATABASE_DIRECT_URL: url };
  expect(readEnv(env)).toMatchObject(env);
});

test('WEB_CONCURRENCY=auto is one worker per core', () => {
  expect(readEnv({ WEB_CONCURRENCY: 'auto' }).WEB_CONCURRENCY).toBe(availableParallelism());
});

test('in production no origin is allowed by default', () => {
  expect(readEnv({ NODE_ENV: 'production' }).CORS_ORIGINS).toEqual([]);
  expect(readEnv({ CORS_ORIGINS: 'https://a.example, http://localhost:*' }).CORS_ORIGINS).toEqual([
    'https://a.example',
    'http://localhost:*',
  ]);
  expect(
    readEnv({ CORS_ORIGINS: 'https://School.example:443,HTTP://a.example:8080' }).CORS_ORIGINS,
  ).toEqual(['https://school.example', 'http://a.example:8080']);
});

test.each([
  ['PORT', '70000'],
  ['PORT', 'http'],
  ['PORT', '30.5'],
  ['DATABASE_URL', 'mysql://user:secret@localhost/db'],
  ['DATABASE_URL', 'secret'],
  ['DATABASE_URL', 'postgres://user:secret@a:5432,/db'],
  ['DATABASE_DIRECT_URL', 'postgres://a:5432,b:70000/db'],
  ['DATABASE_DIRECT_URL', 'postgres://a,b/db?target_session_attrs=standby'],
  ['PUBLIC_URL', 'classroom.example'],
  ['PUBLIC_URL', 'ftp://classroom.example'],
  ['CORS_ORIGINS', 'school.example'],
  ['CORS_ORIGINS', 'https://school.example/path'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://%'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['DATABASE_POOL_MAX', '0'],
  ['REDIS_URL', 'redis://user:50%zz@host:6379'],
  ['WEB_CONCURRENCY', '0'],
  ['WEB_CONCURRENCY', 'many'],
  ['WEB_CONCURRENCY', String(availableParallelism() * 4 + 1)],
  ['JOIN_CODE_LENGTH', '4'],
  ['JOIN_CODE_LENGTH', '11'],
  ['SESSION_TTL_HOURS', '0'],
  ['SESSION_TTL_HOURS', 'day'],
  ['RATE_LIMITS', 'maybe'],
  ['REDIS_URL', 'localhost:6379'],
  ['REDIS_URL', 'https://secret@localhost'],
  ['REDIS_URL', 'redis://localhost/secret'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s is refused in one line with the name and without the value', (name, value) => {
  expect(() => readEnv({ [name]: value })).toThrow(new RegExp(`^${name} must [^\n]+$`));
});

describe('settings outside of the code', async () => {
  const read = async (file: string) =>
    await readFile(path.resolve(import.meta.dirname, '../../..', file), 'utf8');
  const [operations, example, turbo, compose] = await Promise.all(
    ['docs/operations.md', '.env.example', 'turbo.json', 'compose.yaml'].map(read),
  );
  /** The pairs of a name and a value that the two groups of a pattern match. */
  const pairsIn = (text = '', pattern: RegExp) =>
    new Map([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]));

  const settings = VARIABLES.filter((name) => name !== 'NODE_ENV').toSorted();
  const defaults = new Map<string, unknown>(Object.entries(readEnv({})));
  const isUnset = (value: unknown) =>
    value === undefined || (Array.isArray(value) && value.length === 0);
  const withDefault = settings.filter((name) => !isUnset(defaults.get(name)));

  const documented = pairsIn(operations, /^\| `([A-Z_]+)` +\| (.+?) +\|/gm);
  const examples = pairsIn(example, /^# ([A-Z_]+)=(.+)$/gm);

  test('docs/operations.md and .env.example list every setting', () => {
    expect([...documented.keys()].toSorted()).toEqual(settings);
    expect([...examples.keys()].toSorted()).toEqual(settings);
  });

  test.each(withDefault)('docs/operations.md states the default of %s', (name) => {
    const [, value] = /^`([^`]+)`/.exec(documented.get(name) ?? '') ?? [];
    expect(value).toBeDefined();
    expect(readEnv({ [name]: value })).toEqual(readEnv({}));
  });

  test('docs/operations.md states no default for the other settings', () => {
    const others = settings.filter((name) => !withDefault.includes(name));
    for (const name of others) expect(documented.get(name)).toMatch(/^(unset|none|`[A-Z_]+`$)/);
  });

  test.each(withDefault.filter((name) => name !== 'CORS_ORIGINS'))(
    '.env.example has the default of %s',
    (name) => {
      const value = examples.get(name);
      expect(value).toBeDefined();
      expect(readEnv({ [name]: value })).toEqual(readEnv({}));
    },
  );

  test('turbo passes every variable to `pnpm dev`', () => {
    const [list = ''] = turbo?.split('"dev": {')[1]?.split(']', 1) ?? [];
    const passed = [...pairsIn(list, /"([A-Z_]+)"()/g).keys()];
    expect(passed).toEqual(expect.arrayContaining([...VARIABLES]));
  });

  test('compose.yaml passes every setting that neither the image nor the network decides', () => {
    const inImage = new Set(['HOST', 'PORT', 'DATA_DIR', 'DATABASE_DIRECT_URL']);
    const [service = ''] = compose?.split('\n  api:\n')[1]?.split('networks:', 1) ?? [];
    const passed = [...pairsIn(service, /^ {6}([A-Z_]+):(.*)$/gm).keys()];
    const expected = settings.filter((name) => !inImage.has(name));
    expect(passed.toSorted()).toEqual(expected);
  });
});
