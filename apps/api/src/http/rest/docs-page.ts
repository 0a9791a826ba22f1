import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { OpenAPIObject } from 'trpc-to-openapi';
import { IMMUTABLE } from '../static-files.ts';

/** Loads nothing from Scalar's services. */
const CONFIGURATION = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
} as const;

/** Serves `/openapi.json`, and `/docs`, where developers read it and try calls. */
export async function registerDocsPage(
  app: FastifyInstance,
  document: OpenAPIObject,
): Promise<void> {
  const json = JSON.stringify(document);
  app.get('/openapi.json', async (_request, reply) => reply.type('application/json').send(json));

  const file = findScript();
  const script = `scalar-${hash('sha256', await readFile(file)).slice(0, 16)}.js`;
  const start = `Scalar.createApiReference('#app', ${JSON.stringify(CONFIGURATION)})`;
  const page = renderPage(document.info.title, script, start);
  const policy = policyFor(start);
  app.get(`/docs/${script}`, (_request, reply) =>
    reply.sendFile(path.basename(file), path.dirname(file), IMMUTABLE),
  );
  app.get('/docs', (_request, reply) => reply.redirect('/docs/', 301));
  app.get('/docs/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page),
  );
}

/** The build copies Scalar's script beside the bundle. */
function findScript(): string {
  const beside = fileURLToPath(new URL('scalar.js', import.meta.url));
  if (existsSync(beside)) return beside;
  const entry = import.meta.resolve('@scalar/api-reference');
  return fileURLToPath(new URL('browser/standalone.js', entry));
}

function renderPage(title: string, script: string, start: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <title>${title}</title>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <div id="app"></div>
    <script src="${script}"></script>
    <script>${start}</script>
  </body>
</html>`;
}

/** Allows this server and the inline script only. Scalar generates styles at run time, so they have no hash. */
function policyFor(inlineScript: string): string {
  const digest = hash('sha256', inlineScript, 'base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${digest}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
