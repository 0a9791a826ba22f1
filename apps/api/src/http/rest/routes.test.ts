import { useTestDatabase } from '@classroom/db/testing';
import { afterAll, expect, test } from 'vitest';
import { buildTestApp } from '../../testing/build-test-app.ts';

const broken = await useTestDatabase();
await broken.db.schema.dropTable('session_participants').cascade().execute();
let logged = '';
const app = await buildTestApp(broken, (line) => void (logged += line));
afterAll(() => app.close());

test('a defect is INTERNAL with a request id, under which its cause is logged', async () => {
  const response = await app.inject({
    method: 'POST',
    url: '/api/sessions',
    payload: { title: 'canary-title', hostDisplayName: 'canary-name' },
  });
  expect(response.statusCode).toBe(500);
  const requestId = response.headers['x-request-id'];
  expect(response.json()).toEqual({
    message: 'Internal server error; the server logged its cause under requestId',
    code: 'INTERNAL_SERVER_ERROR',
    data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, reason: 'INTERNAL', requestId },
  });
  expect(logged).toContain(String(requestId));
  expect(logged).toContain('sessions.create');
  expect(logged).not.toContain('canary');
});

test('an allowed origin is granted every method', async () => {
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

test('a join code in a path is not logged', async () => {
  await app.inject('/api/sessions/canary-code');
  expect(logged).toContain('/api/sessions/:code');
  expect(logged).not.toContain('canary-code');
});
