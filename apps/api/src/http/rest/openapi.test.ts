import type { AnyProcedure, AnyRouter } from '@trpc/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { appRouter } from '../../router.ts';
import { buildDocument, findOperationObject, operations } from './openapi.ts';

import manifest from '../../../package.json' with { type: 'json' };

const document = buildDocument();
const router: AnyRouter = appRouter;
const procedures = Object.entries<AnyProcedure>(router._def.procedures);

test('the document has the version of the package', () => {
  expect(document.info).toMatchObject({ title: manifest.description, version: manifest.version });
});

describe.each(operations.map((operation) => [operation.procedure, operation] as const))(
  '%s',
  (name, operation) => {
    const described = findOperationObject(document, operation);

    test('has a summary, a description and its error responses', () => {
      expect(described.summary).not.toBe('');
      expect(described.description).not.toBe('');
      expect(described.tags).not.toEqual([]);
      const success = operation.creates === true ? '201' : '200';
      expect(Object.keys(described.responses ?? {})).toEqual(
        expect.arrayContaining([success, '400', '429', '500', '503']),
      );
    });

    test('has a valid example', () => {
      const [, procedure] = procedures.find(([found]) => found === name) ?? [];
      const { inputs } = z
        .object({ inputs: z.array(z.instanceof(z.ZodType)) })
        .parse(procedure?._def);
      for (const input of inputs) {
        expect(input.safeParse(operation.example).error).toBeUndefined();
      }
    });
  },
);
