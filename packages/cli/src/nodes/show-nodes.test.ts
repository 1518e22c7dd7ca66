import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CommandFailure, noArguments } from '../command/command.ts';
import { nodes as command } from '../commands/nodes.ts';
import { connect } from '../remote/connect.ts';
import { readNodes } from './read-nodes.ts';
import type { NodesAnswer } from './read-nodes.ts';
import { showNodes, watchNodes } from './show-nodes.ts';

type Node = NodesAnswer['nodes'][number];

function node(changes: Partial<Node> = {}): Node {
  return {
    nodeId: 'a',
    instanceId: 'i',
    sequence: 1,
    name: 'a',
    version: '0.1.0',
    role: 'gateway',
    startedAt: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:00.000Z',
    state: 'serving',
    source: 'control',
    revision: 12,
    load: {
      requestsPerSecond: 1234.4,
      activeRequests: 7,
      activeConnections: 9,
      cpu: 1.25,
      memoryBytes: 100 * 1024 * 1024,
    },
    unhealthy: [],
    age: 1.4,
    live: true,
    acknowledged: true,
    problems: [],
    ...changes,
  };
}

function output(isTTY = false, columns = 200) {
  const written: string[] = [];
  return {
    stdout: { isTTY, columns, write: (text: string) => written.push(text) },
    stderr: { write: (text: string) => written.push(`! ${text}`) },
    env: { NO_COLOR: '1' },
    written,
  };
}

const some: NodesAnswer = {
  revision: 12,
  converged: false,
  nodes: [
    node(),
    node({
      nodeId: 'b-longer',
      revision: 10,
      acknowledged: false,
      live: false,
      age: 130,
      load: { ...node().load, requestsPerSecond: 0.25 },
    }),
    node({ nodeId: 'c', source: 'file', revision: 1, acknowledged: false, state: 'draining' }),
    node({ nodeId: 'd', acknowledged: false, revision: 11, problems: ['refuses revision 12: no\nroute'] }),
    node({ nodeId: 'e', acknowledged: false, revision: 99, logLevel: { level: 'debug' } }),
  ],
};

let ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends) end();
  ends = [];
});

async function serve(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a watch after so many looks. */
function looks(count: number): () => Promise<void> {
  let left = count;
  return () => (--left > 0 ? Promise.resolve() : Promise.reject(new Error('enough')));
}

describe('the nodes', () => {
  test('are shown as an aligned table that says what is behind, and why', async () => {
    const { written, ...context } = output();
    await showNodes({ json: false, read: () => Promise.resolve(some), context });
    expect(written.join('').split('\n')).toEqual([
      'NODE      STATE     REVISION  AGE    SOURCE   REQ/S  ACTIVE  CPU  MEMORY   CONVERGED',
      'a         serving   12        1 s    control  1234   7       1.3  100 MiB  yes',
      'b-longer  silent    10        2 min  control  0.3    7       1.3  100 MiB  2 behind',
      'c         draining  1         1 s    file     1234   7       1.3  100 MiB  runs its own file',
      String.raw`d         serving   11        1 s    control  1234   7       1.3  100 MiB  1 behind; refuses revision 12: no\u000aroute`,
      'e         serving   99        1 s    control  1234   7       1.3  100 MiB  another history; logs at debug',
      '',
      'revision 12, 4 of 5 nodes live: not converged',
      '',
    ]);
  });

  test('that are none are said to be none; JSON is what the API says', async () => {
    const { written, ...context } = output();
    const none = { revision: 3, converged: true, nodes: [] };
    await showNodes({ json: false, read: () => Promise.resolve(none), context });
    await showNodes({ json: true, read: () => Promise.resolve(some), context });
    expect(written[0]).toBe('no node has reported yet; revision 3\n');
    expect(JSON.parse(written[1])).toEqual(some);
  });

  test('are drawn over on a terminal, also when there are fewer, and when control is away', async () => {
    const { written, ...context } = output(true);
    const answers = [some, { ...some, nodes: some.nodes.slice(0, 1) }];
    const read = (): Promise<NodesAnswer> => {
      const answer = answers.shift();
      return answer === undefined ? Promise.reject(new CommandFailure('control is away')) : Promise.resolve(answer);
    };
    await expect(watchNodes({ json: false, read, context, next: looks(3), now: () => new Date(0) })).rejects.toThrow(
      'enough',
    );
    expect(written.map((text) => text.slice(0, text.indexOf('\r')))).toEqual(['', '\u001B[8A', '\u001B[4A']);
    for (const text of written) expect(text.endsWith('\u001B[J')).toBe(true);
    expect(written[2]).toContain('control is away');
  });

  test('fit into the terminal, lest lines break and the next ones be drawn too low', async () => {
    const { written, ...context } = output(true, 30);
    const read = () => Promise.resolve(some);
    await expect(watchNodes({ json: false, read, context, next: looks(1), now: () => new Date(0) })).rejects.toThrow(
      'enough',
    );
    expect(written[0]).toContain('\u001B[2Ka         serving   yes\n');
    expect(written[0]).toContain('not shown for lack of room');
  });

  test('are lines that stand by themselves in a pipe', async () => {
    const { written, ...context } = output();
    const answers: NodesAnswer[] = [some];
    const read = () => Promise.resolve(answers[0] ?? some);
    await expect(watchNodes({ json: false, read, context, next: looks(2), now: () => new Date(0) })).rejects.toThrow(
      'enough',
    );
    const lines = written.join('').trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    for (const line of lines) expect(line).toMatch(/^1970-01-01T00:00:00\.000Z {2}[a-e]/);
    await expect(watchNodes({ json: true, read, context, next: looks(1), now: () => new Date(0) })).rejects.toThrow(
      'enough',
    );
    expect(JSON.parse(written.at(-1)!)).toEqual(some);
  });
});

const refusal = { error: { code: 'UNAUTHORIZED', message: 'a token is needed', details: [], traceId: 't' } };

async function readAt(url: string): Promise<NodesAnswer> {
  const { written: _, ...context } = output();
  const args = { ...noArguments, options: { url } };
  return readNodes(await connect(args, { ...context, env: { SLUICE_TOKEN: 'key' }, cwd: '/' }));
}

describe('reading the nodes', () => {
  test('takes all pages, with the token in the header', async () => {
    const all = Array.from({ length: 230 }, (_, index) => node({ nodeId: `n${index}` }));
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const offset = Number(new URL(request.url!, 'http://x').searchParams.get('offset'));
      response.end(
        JSON.stringify({ revision: 12, converged: true, total: 230, nodes: all.slice(offset, offset + 100) }),
      );
    });
    const { written, ...context } = output();
    const code = await command.run(
      { ...noArguments, options: { url }, switches: new Set(['json']) },
      { ...context, env: { SLUICE_TOKEN: 'key' }, cwd: '/' },
    );
    expect(code).toBe(0);
    expect((JSON.parse(written[0]) as NodesAnswer).nodes).toHaveLength(230);
    expect(asked).toEqual([0, 100, 200].map((offset) => `/api/v1/gateway/nodes?limit=100&offset=${offset} Bearer key`));
  });

  test.each([
    ['refuses', 401, refusal, /a token is needed; log in \(sluice login/],
    ['is something else', 200, { hello: 1 }, /does not answer as the management API of Sluice does/],
    ['answers with a page for people', 200, undefined, /does not answer as the management API of Sluice does/],
    ['redirects', 302, undefined, /does not answer: unexpected redirect/],
  ])('says so when the API %s', async (_name, status, body, message) => {
    const url = await serve((_, response) => response.writeHead(status, { location: '/x' }).end(JSON.stringify(body)));
    const error = await readAt(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandFailure);
    expect((error as Error).message).toMatch(message);
  });

  test('says so when nobody is there, and when the address is none', async () => {
    await expect(readAt('http://127.0.0.1:1')).rejects.toThrow(/does not answer: .+; is Sluice running there\?/);
    const { written: _, ...context } = output();
    const run = command.run({ ...noArguments, options: { url: 'nonsense' } }, { ...context, cwd: '/' });
    await expect(run).rejects.toThrow('--url: expected an address');
  });
});
