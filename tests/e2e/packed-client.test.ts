import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createTestDatabase } from '@classroom/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createClientProject,
  reachesRegistry,
  TYPESCRIPT_VERSIONS,
} from '../src/external-consumer/project.ts';
import { startApi } from '@classroom/api/start';

const CLIENT = `import { createClient, reasonOf } from '@classroom/client';
const { sessions } = createClient({ url: 'http://127.0.0.1:3000/trpc' });
`;

/** A module of a frontend that calls the API through TanStack Query and the client. */
const FRONTEND = `import { createClient, type PublicRouter, reasonOf, type RouterOutputs } from '@classroom/client';
import { QueryClient } from '@tanstack/react-query';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';

type IsAny<T> = 0 extends T & 1 ? true : false;
export const isEventAny: IsAny<RouterOutputs['sessions']['events']> = false;

const queryClient = new QueryClient();
export const client = createClient({ url: 'http://127.0.0.1:3000/trpc' });
export const trpc = createTRPCOptionsProxy<PublicRouter>({ client, queryClient });

export const join = trpc.sessions.join.mutationOptions({
  onSuccess: ({ participantToken }) => participantToken.trim(),
  onError: (error) => reasonOf(error) === 'NAME_TAKEN',
});
export async function titleOf(code: string): Promise<string> {
  const { title } = await queryClient.fetchQuery(trpc.sessions.get.queryOptions({ code }));
  return title;
}
client.sessions.events.subscribe({ code: '7M2XJD' }, {
  onData({ id, data }) {
    switch (data.type) {
      case 'snapshot': return data.questions.map(({ voted }): boolean => voted);
      case 'question': return data.question.votes.toFixed() + id.trim();
      case 'session': return data.session.title.trim();
      case 'questionRemoved': return data.questionId.toFixed();
      case 'presence': return data.listening.toFixed();
      default: return data satisfies never;
    }
  },
});
`;

/**
 * Modules with one mistake each, by the error number of the compiler. TS2367 and TS1360 would compile if
 * the types of events were lost.
 */
const WRONG = {
  TS2561: `${CLIENT}await sessions.create.mutate({ titel: 'Algebra I', hostDisplayName: 'Ada' });\n`,
  TS2339: `${CLIENT}export const { token } = await sessions.create.mutate({ title: 'A', hostDisplayName: 'B' });\n`,
  TS2367: `import { client } from './frontend.js';
client.sessions.events.subscribe({ code: '7M2XJD' }, { onData: ({ data }) => data.type === 'start' });\n`,
  TS1360: `import { trpc } from './frontend.js';
trpc.sessions.events.subscriptionOptions({ code: '7M2XJD' }, {
  onData: ({ data }) => data.type satisfies 'snapshot',
});\n`,
  TS2678: `${CLIENT}switch (reasonOf(undefined)) { case 'SESSION_GONE': break; }\n`,
};

const offline = !(await reachesRegistry());

describe.skipIf(offline)(
  'in a project outside the monorepo (skipped without an npm registry)',
  () => {
    let project: Awaited<ReturnType<typeof createClientProject>>;
    beforeAll(async () => {
      const files = Object.entries(WRONG).map(([number, text]) => [`${number}.ts`, text]);
      project = await createClientProject({
        ...Object.fromEntries(files),
        'frontend.ts': FRONTEND,
      });
    }, 420_000);
    afterAll(() => project?.[Symbol.asyncDispose]());
    const installed = (file: string) => readFile(path.join(project.client, file), 'utf8');

    test.each(TYPESCRIPT_VERSIONS)(
      'TypeScript %s compiles the packed client and a frontend with TanStack Query, and finds each mistake',
      async (version) => {
        const errors = await project.compile(version);
        expect(errors.toSorted()).toEqual(
          Object.keys(WRONG)
            .toSorted()
            .map((number) => expect.stringMatching(`^${number}\\.ts.+ error ${number}:`)),
        );
      },
    );

    test('npm installs one copy of tRPC', async () => {
      const lock = z.object({ packages: z.record(z.string(), z.unknown()) });
      const text = await readFile(path.join(project.directory, 'package-lock.json'), 'utf8');
      const copies = Object.keys(lock.parse(JSON.parse(text)).packages)
        .filter((directory) => /@trpc\/(client|server)$/.test(directory))
        .toSorted((a, b) => a.localeCompare(b));
      expect(copies).toEqual(['node_modules/@trpc/client', 'node_modules/@trpc/server']);
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
      const versions = z.record(z.string(), z.string());
      const manifest = z.object({ dependencies: versions, peerDependencies: versions });
      const text = await installed('package.json');
      expect(text).not.toMatch(/workspace:|catalog:/);
      const { dependencies, peerDependencies } = manifest.parse(JSON.parse(text));
      expect(Object.keys(dependencies)).toEqual(['eventsource']);
      expect(Object.keys(peerDependencies)).toEqual(['@trpc/client', '@trpc/server']);
      expect(await installed('dist/index.js')).not.toMatch(/kysely|\bpg\b|fastify|pino|node:/);
    });

    test('the types have the summary of each procedure, which editors show', async () => {
      const types = await installed('dist/index.d.ts');
      expect(types).toMatch(/\/\*\*\s+\* Create a session\.\n[^/]+\*\/\s+create: \{/);
      expect(types).toMatch(/\* @deprecated\s+\*\/\s+prolong: \{/);
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
