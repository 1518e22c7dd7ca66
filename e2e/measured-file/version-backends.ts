import { startHttpBackend } from '../kit/index.ts';
import type { HttpBackend } from '../kit/index.ts';

/** The versions that a file may name. `bad` answers every second request with 500. */
export type Version = 'v1' | 'v2' | 'v3' | 'bad';

const versions: readonly Version[] = ['v1', 'v2', 'v3', 'bad'];

/** A backend for each version, which answers with its name. */
export interface FileBackends {
  readonly urls: Readonly<Record<Version, string>>;
  close(): Promise<void>;
}

export async function startFileBackends(): Promise<FileBackends> {
  const backends = await Promise.all(versions.map((name) => startHttpBackend(name)));
  let count = 0;
  const bad = backends[versions.indexOf('bad')];
  bad.answer = (request, response) => {
    request.resume();
    response.writeHead(count++ % 2 === 0 ? 500 : 200).end('bad');
  };
  const entries = backends.map(({ name, url }: HttpBackend) => [name, url]);
  return {
    urls: Object.fromEntries(entries) as Record<Version, string>,
    close: async () => {
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}
