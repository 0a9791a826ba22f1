import { randomUUID } from 'node:crypto';
import type { RouterInputs } from '@classroom/client';
import { clientOf, createSession, fetchServed } from './client.ts';
import { type RawRequest, streamRequest } from './raw-http.ts';
import { fetchDocument, type OpenApiDocument } from './rest-caller.ts';

/** The rows that requests refer to; those that end or delete a session have their own. */
export interface Lesson {
  code: string;
  hostToken: string;
  questionId: number;
  participantId: number;
  /** A moderator's. */
  deviceId: number;
  endedCode: string;
  deletedCode: string;
}

export async function prepareLesson(api: { url: string }): Promise<Lesson> {
  const { code, hostToken } = await createSession(api);
  const ended = await createSession(api);
  const deleted = await createSession(api);
  const { participant } = await clientOf(api).sessions.join.mutate({ code, displayName: 'Ben' });
  const host = clientOf(api, hostToken);
  const { pairingCode } = await host.sessions.createPairingCode.mutate({ code, role: 'moderator' });
  await clientOf(api).sessions.redeemPairingCode.mutate({ code, pairingCode });
  const { items: devices } = await host.sessions.devices.query({ code });
  const [{ id: deviceId } = { id: 0 }] = devices;
  const { id: questionId } = await host.questions.submit.mutate({
    code,
    body: 'Why?',
  });
  return {
    code,
    hostToken,
    questionId,
    participantId: participant.id,
    deviceId,
    endedCode: ended.code,
    deletedCode: deleted.code,
  };
}

/** A valid input of each procedure; a missing procedure fails to compile. */
function inputs(lesson: Lesson): { [Name in keyof RouterInputs]: RouterInputs[Name] } {
  const { code, questionId, participantId, deviceId, endedCode, deletedCode } = lesson;
  return {
    sessions: {
      create: { title: 'T', hostDisplayName: randomUUID() },
      get: { code },
      join: { code, displayName: randomUUID() },
      participants: { code },
      me: { code },
      leave: { code },
      start: { code },
      configure: { code, joining: 'open' },
      duplicate: { code },
      extend: { code },
      prolong: { code },
      end: { code: endedCode },
      export: { code },
      delete: { code: deletedCode },
      removeParticipant: { code, participantId },
      unblock: { code, participantId },
      createPairingCode: { code },
      devices: { code },
      revokeDevice: { code, deviceId },
      redeemPairingCode: { code, pairingCode: 'K7M2XJD4' },
      events: { code },
    },
    hosts: {
      createKey: {},
      rotateKey: {},
      forget: undefined,
      sessions: {},
      enter: { code },
    },
    questions: {
      submit: { code, body: 'Why?' },
      withdraw: { questionId: questionId + 1 },
      list: { code },
      vote: { questionId, on: true },
      setStatus: { questionId, status: 'pending' },
      pin: { questionId, on: true },
      muteAuthor: { questionId, muted: true },
    },
  };
}

const BATCH = 10;

/** A tRPC call as GET and as POST, one of which is wrong for its procedure. */
function bothMethods(path: string, input: unknown, token: string, query = ''): RawRequest[] {
  const inUrl = `input=${encodeURIComponent(JSON.stringify(input))}`;
  return [
    { method: 'GET', path: `/trpc/${path}?${query}${inUrl}`, token },
    { method: 'POST', path: `/trpc/${path}?${query}`, body: input, token },
  ];
}

function trpcRequests(lesson: Lesson): RawRequest[] {
  const token = lesson.hostToken;
  const procedures = Object.entries(inputs(lesson)).flatMap(([feature, calls]) =>
    Object.entries(calls).map(([name, input]) => ({ path: `${feature}.${name}`, input })),
  );
  const batches = procedures
    .filter(({ path }) => path !== 'sessions.events')
    .flatMap(({ path, input }) => {
      const paths = Array<string>(BATCH).fill(path).join(',');
      const batch = Object.fromEntries(Array.from({ length: BATCH }, (_, n) => [n, input]));
      return bothMethods(paths, batch, token, 'batch=1&');
    });
  const single = procedures.flatMap(({ path, input }) =>
    [input, { code: '\0', questionId: -1 }].flatMap((each) => bothMethods(path, each, token)),
  );
  return [...single, ...batches, streamRequest(lesson.code, token)];
}

function restRequests({ paths }: OpenApiDocument, lesson: Lesson): RawRequest[] {
  const { code, hostToken: token, questionId, participantId, deviceId } = lesson;
  const codeFor = (template: string, method: string) => {
    if (template.endsWith('/end')) return lesson.endedCode;
    return method === 'delete' ? lesson.deletedCode : code;
  };
  return Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) => {
      const path = template
        .replace('{code}', codeFor(template, method))
        .replace('{questionId}', String(questionId))
        .replace('{participantId}', String(participantId))
        .replace('{deviceId}', String(deviceId));
      const given = { method: method.toUpperCase(), path, token };
      const example = requestBody?.content['application/json'].example;
      return example === undefined
        ? [given, { ...given, path: path.replaceAll(/\w+$/g, '%00') }]
        : [
            { ...given, body: { ...example, hostDisplayName: randomUUID() } },
            { ...given, body: [] },
          ];
    }),
  );
}

/** The paths of the assets that a page loads. */
export async function assetsOf({ url }: { url: string }, path: string): Promise<string[]> {
  const page = await fetchServed(`${url}${path}`);
  const sources = [
    ...(await page.text()).matchAll(/<(?:script|link)\b[^>]* (?:src|href)="([^"]+)"/g),
  ];
  return sources
    .map(([, source = '']) => new URL(source, page.url))
    .filter(({ protocol }) => protocol === 'http:')
    .map(({ pathname }) => pathname);
}

/** Builds requests for every route and method of the server, and for some that do not exist. */
export async function everyRequest(
  api: { url: string },
  lesson: Lesson,
): Promise<() => RawRequest[]> {
  const document = await fetchDocument(api.url);
  const assets = (await Promise.all(['/docs', '/'].map((path) => assetsOf(api, path)))).flat();
  const get = (path: string) => ({ method: 'GET', path });
  const preflight = (path: string) => ({
    method: 'OPTIONS',
    path,
    headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' },
  });
  const fixed = [
    ...['/docs', '/docs/', '/openapi.json', '/livez', '/readyz', '/metrics'].map(get),
    ...['/', '/j/7M2XJD', '/host/7M2XJD', '/wall/7M2XJD', '/pair/7M2XJD', '/assets/x'].map(get),
    ...['/unknown', '/trpc', '/trpc/unknown.procedure', '/api/unknown'].map(get),
    ...assets.flatMap((path) => [get(path), { method: 'HEAD', path }]),
    ...['/trpc/sessions.create', '/api/sessions', '/unknown'].map(preflight),
    { method: 'DELETE', path: '/trpc/sessions.create' },
  ];
  return () => [...trpcRequests(lesson), ...restRequests(document, lesson), ...fixed];
}
