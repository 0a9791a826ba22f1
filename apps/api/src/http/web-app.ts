import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { malformedRequest } from '../trpc/errors.ts';
import { sendError } from './errors.ts';
import { networkUrl } from './public-url.ts';
import { IMMUTABLE, REPLACEABLE } from './static-files.ts';

/** The addresses of the page; its router in the browser shows what belongs to them. */
const PAGES = ['/', '/j/:code', '/host/:code', '/wall/:code', '/pair/:code'];

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = 'index.html';

const NOT_BUILT =
  'The web app is not built; run "npx --yes pnpm@12.21.0 build" and restart the server';

/** Its names contain a hash of the content. */
const ASSETS = 'assets';

/** A page without one of its scripts stays blank: browsers repeat no refused request. */
const ROUTE = { config: { neverShed: true } };

/**
 * Serves the build of the web app: the page under each of its addresses, and its files.
 *
 * @param directory while it has no page, the addresses answer 404 and say how to build it
 * @param publicUrl the URL that the page shows to other devices
 * @param isInNetwork whether the address of this machine serves as such where there is no `publicUrl`
 */
export async function registerWebApp(
  app: FastifyInstance,
  directory: string,
  publicUrl: string | undefined,
  isInNetwork: boolean,
): Promise<void> {
  const template = await readPage(directory);
  if (template === undefined) return refusePages(app);
  let page = renderPage(template, publicUrl ?? '');
  if (publicUrl === undefined && isInNetwork) {
    app.addHook('onListen', async () => {
      page = renderPage(template, networkUrl(app.addresses()));
    });
  }
  for (const url of PAGES) {
    app.get(url, ROUTE, (request, reply) => sendPage(page, request, reply));
  }

  for (const file of await filesIn(directory)) {
    if (file === PAGE) continue;
    app.get(`/${file}`, ROUTE, (_request, reply) => reply.sendFile(file, directory, REPLACEABLE));
  }
  const assets = new Set(await filesIn(path.join(directory, ASSETS)));
  app.get<{ Params: { file: string } }>(
    `/${ASSETS}/:file`,
    ROUTE,
    ({ params: { file } }, reply) => {
      if (!assets.has(file)) return reply.callNotFound();
      return reply.sendFile(`${ASSETS}/${file}`, directory, IMMUTABLE);
    },
  );
}

async function readPage(directory: string): Promise<string | undefined> {
  const file = path.join(directory, PAGE);
  return existsSync(file) ? await readFile(file, 'utf8') : undefined;
}

/** The build compresses its files; `sendFile` finds them. */
const isCompressed = (file: string) => file.endsWith('.gz');

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !isCompressed(entry.name))
    .map(({ name }) => name);
}

function refusePages(app: FastifyInstance): void {
  app.log.warn(NOT_BUILT);
  for (const url of PAGES) {
    app.get(url, (request, reply) => {
      sendError(malformedRequest(NOT_BUILT, 'NOT_FOUND'), request, reply);
      return reply;
    });
  }
}

interface Page {
  html: string;
  etag: string;
}

/** Fills in the URL that other devices can open. */
function renderPage(template: string, publicUrl: string): Page {
  const html = template.replace(
    /(<meta name="public-url" content=")(?=")/,
    (start) => start + escapeAttribute(publicUrl),
  );
  return { html, etag: `"${hash('sha256', html, 'base64url')}"` };
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function sendPage(page: Page, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply
    .header('cache-control', 'no-cache')
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('etag', page.etag);
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim()) ?? [];
  // A proxy that compresses the page weakens its tag.
  const isKnown = known.includes(page.etag) || known.includes(`W/${page.etag}`);
  if (isKnown) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page.html);
}
