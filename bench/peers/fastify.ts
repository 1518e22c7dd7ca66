import { join } from 'node:path';
import { freePort } from '../lab.ts';
import type { StartPeer } from './peer.ts';

/** @fastify/http-proxy: what a Node team would write today. */
export const startFastify: StartPeer = async (lab, upstreamPort) => {
  const port = await freePort();
  const args = [join(import.meta.dirname, 'fastify-server.ts'), String(port), String(upstreamPort)];
  return lab.start({ name: 'fastify', command: process.execPath, args, port, core: lab.proxyCore });
};
