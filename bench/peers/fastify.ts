import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../lab.ts';
import type { StartPeer } from './peer.ts';

/** @fastify/http-proxy: what a Node team would write today. */
export const startFastify: StartPeer = async (lab, upstreamPort) => {
  const folder = join(import.meta.dirname, 'fastify');
  if (!existsSync(join(folder, 'node_modules')))
    throw new Error('the fastify peer is not installed: npm ci --prefix bench/peers/fastify');
  const port = await freePort();
  const args = [join(folder, 'server.js'), String(port), String(upstreamPort)];
  return lab.start({ name: 'fastify', command: process.execPath, args, port, core: lab.proxyCore });
};
