import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../../testing/build-test-app.ts';

const broken = await useTestDatabase();
await broken.db.schema.dropTable('session_participants').cascade().execute();
let logged = '';
const app = await buildTestApp(broken, (line) => void (logged += line));
afterAll(() => app.close());

test('a defect is INTERNAL with a request id, logged under it, and nothing of the inside', async () => {
  const response = await app.inject({
    method: 'POST',
    url: '/api/sessions',
    payload: { title: 'canary-title', hostDisplayName: 'canary-name' },
  });
  expect(response.statusCode).toBe(500);
  const requestId = response.headers['x-request-id'];
  expect(response.json()).toEqual({
    message: 'Something went wrong on the server',
    code: 'INTERNAL_SERVER_ERROR',
    data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, reason: 'INTERNAL', requestId },
  });
  expect(logged).toContain(String(requestId));
  expect(logged).toContain('sessions.create');
  expect(logged).not.toContain('canary');
});

test('pages of the allowed origins may use every method', async () => {
  const response = await app.inject({
    method: 'OPTIONS',
    url: '/api/sessions/CDFGH2',
    headers: {
      origin: 'https://school.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization',
    },
  });
  expect(response.statusCode).toBe(204);
  expect(response.headers['access-control-allow-methods']).toContain('DELETE');
});

test('a code in a path is not logged', async () => {
  await app.inject('/api/sessions/canary-code');
  expect(logged).toContain('/api/sessions/:code');
  expect(logged).not.toContain('canary-code');
});
