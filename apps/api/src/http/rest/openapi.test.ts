import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { procedures } from '../../router.ts';
import { buildDocument, findOperationObject, operations } from './openapi.ts';

import manifest from '../../../package.json' with { type: 'json' };

const document = buildDocument();

test('the document has the version of the package', () => {
  expect(document.info).toMatchObject({ title: manifest.description, version: manifest.version });
});

describe.each(operations.map((operation) => [operation.procedure, operation] as const))(
  '%s',
  (name, operation) => {
    const object = findOperationObject(document, operation);

    test('has a summary, a description and its error responses', () => {
      expect(object.summary).not.toBe('');
      expect(object.description).not.toBe('');
      const described = document.tags?.map(({ name: tag }) => tag);
      expect(described).toEqual(expect.arrayContaining([...operation.tags]));
      expect(object.tags).not.toEqual([]);
      const success = operation.creates === true ? '201' : '200';
      expect(Object.keys(object.responses ?? {})).toEqual(
        expect.arrayContaining([success, '400', '429', '500', '503']),
      );
    });

    test('has a valid example', () => {
      const { inputs } = z
        .object({ inputs: z.array(z.instanceof(z.ZodType)) })
        .parse(procedures.get(name)?._def);
      for (const input of inputs) {
        expect(input.safeParse(operation.example).error).toBeUndefined();
      }
    });
  },
);
