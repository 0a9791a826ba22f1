import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { loadEnvFile } from 'node:process';
import { databaseUrlProblem } from '@classroom/db';
import { JOIN_CODE_MAX_LENGTH, JOIN_CODE_MIN_LENGTH } from '@classroom/schema';
import { z } from 'zod';
import { StartupError } from './errors.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

function wholeNumber(min: number, max: number) {
  const range = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(range).int(range).min(min, range).max(max, range);
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, `must be one of ${values.join(', ')}`);
}

/** Normalises an origin as browsers send it: in lower case, without a default port. */
function toOrigin(text: string): string | undefined {
  const [, origin = '', anyPort = ''] = /^(https?:\/\/[^/*?#@\s]+?)(:\*)?$/i.exec(text) ?? [];
  return URL.canParse(origin) ? new URL(origin).origin + anyPort : undefined;
}

/** Returns whether the user name and password are encoded for a URL. */
function isDecodable({ username, password }: URL): boolean {
  return /^(?:[^%]|%[\da-f]{2})*$/i.test(username + password);
}

const databaseUrl = z.string().superRefine((url, context) => {
  const message = databaseUrlProblem(url);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const CORES = availableParallelism();
const MAX_WORKERS = CORES * 4;

const variables = z.object({
  NODE_ENV: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  DATA_DIR: z.string().default('.data'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(3000),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be like https://classroom.school.example' })
    .optional(),
  CORS_ORIGINS: list
    .refine(
      (origins) => origins.every((origin) => toOrigin(origin) !== undefined),
      'must be origins like https://school.example or http://localhost:*, without a path, separated by commas',
    )
    .transform((origins) => origins.flatMap((origin) => toOrigin(origin) ?? []))
    .optional(),
  TRUST_PROXY: list
    .pipe(
      z.array(
        z.union(
          [z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()],
          'must be CIDRs like 10.0.0.0/8, separated by commas',
        ),
      ),
    )
    .default([]),
  WEB_CONCURRENCY: z
    .union(
      [z.literal('auto').transform(() => CORES), wholeNumber(1, MAX_WORKERS)],
      `must be auto or a whole number from 1 to ${MAX_WORKERS}, four per core`,
    )
    .default(1),
  DATABASE_POOL_MAX: wholeNumber(1, 1000).default(10),
  JOIN_CODE_LENGTH: wholeNumber(JOIN_CODE_MIN_LENGTH, JOIN_CODE_MAX_LENGTH).default(6),
  SESSION_TTL_HOURS: z.coerce
    .number('must be a number of hours')
    .positive('must be more than 0 hours')
    .max(8760, 'must be at most a year (8760 hours)')
    .default(24),
  RETENTION_DAYS: wholeNumber(1, 3650).default(30),
  MAX_PARTICIPANTS: wholeNumber(1, 1_000_000).default(2_000),
  MAX_LISTENERS: wholeNumber(1, 1_000_000).default(20_000),
  RATE_LIMITS: oneOf(['on', 'off']).default('on'),
  REDIS_URL: z
    .string()
    .refine(
      (url) =>
        URL.canParse(url) && /^rediss?:\/\/[^/?#]+(\/\d*)?$/.test(url) && isDecodable(new URL(url)),
      'must be like redis://user:password@host:6379/0',
    )
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be like http://localhost:4318' })
    .optional(),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** The development servers of frontends, on any port. */
const LOOPBACK_ORIGINS = ['http://localhost:*', 'http://127.0.0.1:*', 'http://[::1]:*'];

/** The names of all settings. */
export const VARIABLES: readonly string[] = Object.keys(variables.shape);

const environment = variables.transform(({ NODE_ENV, CORS_ORIGINS, DATA_DIR, ...rest }) => ({
  ...rest,
  IS_PRODUCTION: NODE_ENV === 'production',
  DATA_DIR: path.resolve(REPOSITORY, DATA_DIR),
  CORS_ORIGINS: CORS_ORIGINS ?? (NODE_ENV === 'production' ? [] : LOOPBACK_ORIGINS),
}));

export type Env = z.output<typeof environment>;

/**
 * Reads and validates the settings; docs/operations.md describes them. An empty variable counts as unset.
 *
 * @throws StartupError with the name of the first invalid variable, and without its value
 */
export function readEnv(source = loadVariables()): Env {
  const set = Object.entries(source).filter(([, value]) => value?.trim() !== '');
  const { data, error } = environment.safeParse(Object.fromEntries(set));
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new StartupError(`${String(issue?.path[0])} ${issue?.message}`);
}

/** The environment takes precedence over `.env`. */
function loadVariables(): NodeJS.ProcessEnv {
  const file = path.join(REPOSITORY, '.env');
  if (existsSync(file)) loadEnvFile(file);
  return process.env;
}
