import { freePort } from './lab.ts';
import type { Lab, Server } from './lab.ts';
import { nginxConfig } from './peers/nginx.ts';

/** Bodies that the upstream serves, by the last segment of the path; `side` answers by the request's x-bench-side. */
export const bodies = {
  '1k': 'k'.repeat(1024),
  '100k': 'c'.repeat(100 * 1024),
  post: 'ok',
  even: 'even side',
  odd: 'odd side',
} as const;

/** Starts nginx on the load core as the backend of all proxies, answering below any route's prefix. */
export async function startUpstream(lab: Lab): Promise<Server> {
  const port = await freePort();
  lab.write('100k', bodies['100k']);
  const config = lab.write(
    'upstream.conf',
    nginxConfig(
      lab,
      'upstream',
      `
    default_type application/octet-stream;
    open_file_cache max=16;
    map $http_x_bench_side $side { default "${bodies.even}"; odd "${bodies.odd}"; }
    server {
      listen 127.0.0.1:${port} backlog=4096;
      location ~ /1k$ { return 200 "${bodies['1k']}"; }
      location ~ /100k$ { alias ${lab.folder}/100k; }
      location ~ /post$ { return 200 "${bodies.post}"; }
      location ~ /side$ { return 200 $side; }
    }`,
    ),
  );
  const args = ['-c', config, '-p', lab.folder, '-e', 'stderr'];
  return lab.start({ name: 'upstream', command: 'nginx', args, port, core: lab.loadCore });
}
