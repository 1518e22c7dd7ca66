import { apiBase, openApiDocument } from '@sluice/model/api';
import type { Hono } from 'hono';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

interface Page {
  readonly type: string;
  readonly read: () => Promise<Buffer>;
}

/** The page may only load its own files and only talk to this server. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice management API</title>
<link rel="stylesheet" href="swagger-ui.css">
<link rel="icon" href="favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="swagger-ui-bundle.js"></script>
<script src="start.js"></script>
</body>
</html>
`;

/** Shows the list of operations. Uses no external validator, and forgets tokens with the page. */
const start = `window.ui = SwaggerUIBundle({
  url: '../openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

/** What somebody without a browser finds at `/`. */
const places = {
  documentation: '/swagger/',
  openapi: '/openapi.json',
  api: apiBase,
  health: '/health',
  metrics: '/metrics',
};

/** Adds `/`, which leads to the page, /openapi.json and the page at /swagger. All are open, because the description of the API is no secret. */
export function addPages(app: Hono<never>, version: string): void {
  const text =
    (content: string): Page['read'] =>
    () =>
      Promise.resolve(Buffer.from(content));
  const pages: Readonly<Record<string, Page>> = {
    '/openapi.json': {
      type: 'application/json; charset=utf-8',
      read: () => text(JSON.stringify(openApiDocument({ version })))(),
    },
    '/swagger/': { type: 'text/html; charset=utf-8', read: text(html) },
    '/swagger/start.js': { type: 'text/javascript; charset=utf-8', read: text(start) },
    '/swagger/swagger-ui.css': { type: 'text/css; charset=utf-8', read: staticFile('swagger-ui.css') },
    '/swagger/swagger-ui-bundle.js': {
      type: 'text/javascript; charset=utf-8',
      read: staticFile('swagger-ui-bundle.js'),
    },
    '/swagger/favicon-32x32.png': { type: 'image/png', read: staticFile('favicon-32x32.png') },
  };
  app.get('/', ({ req }) => {
    const isBrowser = req.header('accept')?.includes('text/html') === true;
    const vary = { vary: 'accept' };
    if (isBrowser) return new Response(null, { status: 302, headers: { location: '/swagger/', ...vary } });
    return Response.json(places, { headers: vary });
  });
  app.get('/swagger', () => new Response(null, { status: 308, headers: { location: '/swagger/' } }));
  for (const [path, { type, read }] of Object.entries(pages)) {
    let made: Promise<{ readonly content: Buffer; readonly etag: string }> | undefined;
    app.get(path, async (context) => {
      // Made at the first request. After a failure, the next request tries again.
      made ??= read().then((content) => ({ content, etag: `"${hash(content)}"` }));
      const { content, etag } = await made.catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      const headers = { etag, 'cache-control': 'no-cache', 'content-security-policy': pagePolicy };
      if (context.req.header('if-none-match') === etag) return new Response(null, { status: 304, headers });
      return new Response(new Uint8Array(content), { headers: { ...headers, 'content-type': type } });
    });
  }
}

/** A file of Swagger UI. `npm run build` puts it beside this one; in development it is in a package without an install script. */
function staticFile(name: string): Page['read'] {
  const built = new URL('swagger-ui/', import.meta.url);
  const folder = existsSync(built)
    ? built
    : new URL('static/', import.meta.resolve('@fastify/swagger-ui/package.json'));
  return () => readFile(new URL(name, folder));
}

function hash(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}
