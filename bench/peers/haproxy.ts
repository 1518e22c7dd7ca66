import { readFileSync } from 'node:fs';
import { freePort } from '../lab.ts';
import { suite } from './peer.ts';
import type { StartPeer } from './peer.ts';

/** haproxy with one thread, which shares its upstream connections among all clients. */
export const startHaproxy: StartPeer = async (lab, upstreamPort) => {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const { certFile, keyFile } = lab.certificate();
  const both = lab.write('haproxy.pem', readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'));
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
  bind 127.0.0.1:${tlsPort} backlog 4096 ssl crt ${both} ssl-min-ver TLSv1.3 ciphersuites ${suite}
  default_backend upstream
backend upstream
  server one 127.0.0.1:${upstreamPort} pool-max-conn -1
`,
  );
  const args = ['-db', '-f', config];
  return lab.start({ name: 'haproxy', command: 'haproxy', args, port, tlsPort, core: lab.proxyCore });
};
