import { freePort } from '../lab.ts';
import type { StartPeer } from './peer.ts';

/** haproxy with one thread, which shares its upstream connections among all clients. */
export const startHaproxy: StartPeer = async (lab, upstreamPort) => {
  const port = await freePort();
  const config = lab.write(
    'haproxy.cfg',
    `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  http-reuse always
frontend proxy
  bind 127.0.0.1:${port} backlog 4096
  default_backend upstream
backend upstream
  server one 127.0.0.1:${upstreamPort} pool-max-conn -1
`,
  );
  const args = ['-db', '-f', config];
  return lab.start({ name: 'haproxy', command: 'haproxy', args, port, core: lab.proxyCore });
};
