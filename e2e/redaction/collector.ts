import { gunzipSync } from 'node:zlib';
import { startHttpBackend } from '../kit/index.ts';

/** Takes whatever is posted to it: a receiver of OTLP, or of webhooks. */
export interface Collector {
  readonly url: string;
  /** The bodies of all that it received so far; texts in protobuf stand there as they are. */
  readonly received: () => string;
  close(): Promise<void>;
}

/** Starts a collector on 127.0.0.1 that accepts everything. */
export async function startCollector(): Promise<Collector> {
  const received: string[] = [];
  const backend = await startHttpBackend('collector');
  backend.answer = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
      // The address and the credentials in the head are for the receiver.
      received.push(plain.toString('latin1'));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  };
  return { url: backend.url, received: () => received.join('\n'), close: backend.close };
}
