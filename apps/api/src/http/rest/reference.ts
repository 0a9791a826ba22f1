import { createHash } from 'node:crypto';
import scalar from '@scalar/fastify-api-reference';
import { TRPCError } from '@trpc/server';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { sendError } from '../errors.ts';

/** Everything comes from this server: no fonts, no proxy, no services of the makers of the page. */
const CONFIGURATION = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
} as const;

/** `/openapi.json`, and `/docs`, a page to read it and try it in. */
export async function useReference(app: FastifyInstance, document: OpenAPIObject): Promise<void> {
  const json = JSON.stringify(document);
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(json));

  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      // The plugin makes a URL of the header Host.
      if (URL.canParse(`http://${request.hostname}`)) return;
      sendError(new TRPCError({ code: 'BAD_REQUEST' }), request, reply);
      await reply;
    });
    scope.addHook('onSend', async (_request, reply, payload) => {
      const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
      if (isPage) reply.header('content-security-policy', policyFor(String(payload)));
      return payload;
    });
    await scope.register(scalar, {
      routePrefix: '/docs',
      configuration: { pageTitle: document.info.title, ...CONFIGURATION },
    });
  });
}

/**
 * Lets the page run its own scripts, those in it by their hashes, and load from and talk to nobody
 * but this server. Its styles are made while it runs, and cannot be named beforehand.
 */
function policyFor(page: string): string {
  const hashes = [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
