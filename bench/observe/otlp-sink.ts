/** A process that takes OTLP over HTTP, and does nothing with it: `node otlp-sink.ts PORT`. GET answers with what it took. */
import { createServer } from 'node:http';

let [posts, bytes] = [0, 0];

createServer((request, response) => {
  if (request.method !== 'POST') return response.end(JSON.stringify({ posts, bytes }));
  posts++;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  // An empty ExportTraceServiceResponse: all of it was accepted.
  return request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
}).listen(Number(process.argv[2]), '127.0.0.1');
