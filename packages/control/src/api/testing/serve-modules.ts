import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../../../', import.meta.url);

/** Where a browser finds the modules of this repository. */
export interface ModuleServer {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * Serves this repository's modules as they are, only without their types, and at `/` an empty page on which `packages` and
 * `/packages/…` can be imported. That is all a browser needs: no bundle is made.
 */
export async function serveModules(packages: readonly string[]): Promise<ModuleServer> {
  const imports = Object.fromEntries(packages.map((name) => [name, pathOf(import.meta.resolve(name))]));
  const html = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports })}</script>`;
  const server = createServer((request, response) => {
    if (request.url === '/') response.setHeader('content-type', 'text/html').end(html);
    else void sendModule(new URL(`.${request.url}`, root), response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function pathOf(address: string): string {
  if (!address.startsWith(root.href)) throw new Error(`${address} is outside of the repository`);
  return `/${address.slice(root.href.length)}`;
}

async function sendModule(file: URL, response: ServerResponse): Promise<void> {
  try {
    const source = await readFile(file, 'utf8');
    const isTyped = fileURLToPath(file).endsWith('.ts');
    response.setHeader('content-type', 'text/javascript; charset=utf-8');
    response.end(isTyped ? stripTypeScriptTypes(source) : source);
  } catch (error) {
    // The page of the test reports it.
    response.writeHead(404).end(String(error));
  }
}
