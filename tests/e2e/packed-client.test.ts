import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@classroom/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createClientProject, reachesRegistry } from '../src/external-consumer/project.ts';
import { startApi } from '@classroom/api/start';

const CLIENT = `import { createClient, reasonOf } from '@classroom/client';
const { sessions } = createClient({ url: 'http://127.0.0.1:3000/trpc' });
`;

/** Modules with one mistake each, by the error number of the compiler. */
const WRONG = {
  TS2561: `${CLIENT}await sessions.create.mutate({ titel: 'Algebra I', hostDisplayName: 'Ada' });\n`,
  TS2339: `${CLIENT}export const { token } = await sessions.create.mutate({ title: 'A', hostDisplayName: 'B' });\n`,
  TS2678: `${CLIENT}switch (reasonOf(undefined)) { case 'SESSION_GONE': break; }\n`,
};

const offline = !(await reachesRegistry());

describe.skipIf(offline)(
  'in a project outside the monorepo (skipped without an npm registry)',
  () => {
    let project: Awaited<ReturnType<typeof createClientProject>>;
    beforeAll(async () => {
      const files = Object.entries(WRONG).map(([number, text]) => [`${number}.ts`, text]);
      project = await createClientProject(Object.fromEntries(files));
    });
    afterAll(() => project[Symbol.asyncDispose]());
    const installed = (file: string) => readFile(path.join(project.client, file), 'utf8');

    test('the packed client compiles with the types of all packages checked, and each mistake fails', async () => {
      const errors = (await project.compile()).filter((line) => !line.startsWith(' '));
      expect(errors).toEqual(
        Object.keys(WRONG)
          .toSorted()
          .map((number) => expect.stringMatching(`^${number}\\.ts.+ error ${number}:`)),
      );
    });

    test('the packed client plays a lesson with a real server', async () => {
      await using database = await createTestDatabase();
      await using api = await startApi({ DATABASE_URL: database.url });
      const output = await project.run(`
      import { playLesson } from './lesson.ts';
      console.log(JSON.stringify(await playLesson('${api.url}/trpc')));
    `);
      expect(JSON.parse(output)).toEqual(['Ben', 'Algebra I', 'ended', 'gone']);
    });

    test('the package contains no server code and depends on no package of the workspace', async () => {
      const entries = await readdir(project.client, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
      expect(files.toSorted()).toEqual([
        'LICENSE',
        'README.md',
        'index.d.ts',
        'index.js',
        'package.json',
      ]);
      const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });
      const text = await installed('package.json');
      expect(text).not.toMatch(/workspace:|catalog:/);
      expect(Object.keys(manifest.parse(JSON.parse(text)).dependencies)).toEqual([
        '@trpc/client',
        '@trpc/server',
        'eventsource',
      ]);
      expect(await installed('dist/index.js')).not.toMatch(/kysely|\bpg\b|fastify|pino|node:/);
    });

    test('the types import tRPC alone and contain no any', async () => {
      const types = (await installed('dist/index.d.ts')).replaceAll(/\/\*[^]*?\*\//g, '');
      expect(types).not.toMatch(/kysely|\bpg\b|fastify|pino|zod|@classroom|Context|\bany\b/);
      const imported = [...types.matchAll(/\bfrom ["'](.+?)["']|import\(/g)].map(
        ([, name]) => name,
      );
      expect(new Set(imported)).toEqual(new Set(['@trpc/client', '@trpc/server']));
    });
  },
);
