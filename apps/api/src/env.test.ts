import { expect, test } from 'vitest';
import { readEnv } from './env.ts';

test('every variable has a default', () => {
  expect(readEnv({})).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 3000,
    CORS_ORIGINS: ['http://localhost:*'],
    TRUST_PROXY: [],
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
  ['CORS_ORIGINS', 'school.example'],
  ['CORS_ORIGINS', 'https://school.example/path'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://%'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['DATABASE_POOL_MAX', '0'],
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
