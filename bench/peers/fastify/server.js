/** The process of the fastify peer: `node server.js PORT UPSTREAM_PORT`. */
import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

const [port, upstreamPort] = process.argv.slice(2).map(Number);
const server = fastify({ logger: false, keepAliveTimeout: 300_000 });
await server.register(httpProxy, {
  upstream: `http://127.0.0.1:${upstreamPort}`,
  // As many connections as clients, like the others; undici's default is unlimited too, but may pipeline.
  undici: { connections: 1024, pipelining: 1 },
});
await server.listen({ host: '127.0.0.1', port: port ?? 0, backlog: 4096 });
