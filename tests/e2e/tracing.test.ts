import { randomUUID } from 'node:crypto';
import { createTestDatabase } from '@classroom/db/testing';
import { expect, test } from 'vitest';
import { expectWithin } from '../src/campaign.ts';
import { fetchServed } from '../src/client.ts';
import { startApi } from '@classroom/api/start';
import { type CollectedSpan, startCollector } from '../src/start-collector.ts';

const attribute = ({ attributes }: CollectedSpan, name: string) =>
  attributes.find(({ key }) => key === name)?.value.stringValue;

const create = (url: string, traceId: string, input: object) =>
  fetchServed(`${url}/trpc/sessions.create`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    },
    body: JSON.stringify(input),
  });

test('a call and its statement are spans in the trace of the caller, and a refused call has its reason', async () => {
  await using database = await createTestDatabase();
  await using collector = await startCollector();
  const api = await startApi({
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const [good, bad] = [randomUUID(), randomUUID()].map((id) => id.replaceAll('-', ''));
  expect((await create(api.url, `${good}`, { title: 'T', hostDisplayName: 'Ada' })).status).toBe(
    200,
  );
  expect((await create(api.url, `${bad}`, { title: '', hostDisplayName: 'Ada' })).status).toBe(400);
  // Stopping flushes the spans.
  await api[Symbol.asyncDispose]();

  const of = (id: string | undefined) => collector.spans().filter(({ traceId }) => traceId === id);
  const call = of(good).find(({ name }) => name === 'sessions.create');
  const query = of(good).find(({ name }) => name === 'postgresql');
  expect(of(good)).toHaveLength(2);
  expect(call?.parentSpanId).toBe('00f067aa0ba902b7');
  expect(query?.parentSpanId).toBe(call?.spanId);
  expect(query && attribute(query, 'db.query.text')).toContain('insert into "sessions"');
  const [refused, ...others] = of(bad);
  expect(others).toEqual([]);
  expect(refused && attribute(refused, 'error.type')).toBe('INVALID_INPUT');
});

test('a collector that is down delays neither calls nor the stop', async () => {
  await using database = await createTestDatabase();
  const api = await startApi({
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  });
  const response = await create(api.url, 'a'.repeat(32), { title: 'T', hostDisplayName: 'Ada' });
  expect(response.status).toBe(200);
  await expectWithin('stopped', 5_000, async () => {
    api.child.kill('SIGINT');
    expect(await api.exit).toBe(0);
  });
});
