import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttpBackend } from '../kit/index.ts';
import type { HttpBackend } from '../kit/index.ts';

/** How a helper answers. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that a policy asks: each path has a behaviour of its own, so that one case does not disturb another. */
export interface HelperServer {
  readonly server: HttpBackend;
  readonly behaviours: Map<string, Behaviour>;
  /** Questions so far, by path. */
  asked(path: string): readonly IncomingMessage[];
}

export async function startHelper(): Promise<HelperServer> {
  const server = await startHttpBackend('helper');
  const behaviours = new Map<string, Behaviour>();
  const questions: IncomingMessage[] = [];
  server.answer = (request, response) => {
    questions.push(request);
    const behave = behaviours.get(request.url ?? '');
    if (behave === undefined) response.writeHead(404).end();
    else behave(request, response);
  };
  return { server, behaviours, asked: (path) => questions.filter(({ url }) => url === path) };
}

/** Ways of a helper to be of no help. */
export const unhelpful: Readonly<Record<string, Behaviour>> = {
  slow: () => undefined,
  failing: (_request, response) => response.writeHead(500).end('stack trace'),
  'speaking something else': (_request, response) => void response.socket?.end('SSH-2.0-OpenSSH\r\n'),
  'breaking off': (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"active":');
    setImmediate(() => response.destroy());
  },
  'answering without end': (_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', more);
    more();
  },
};
