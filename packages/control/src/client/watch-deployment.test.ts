import type { DeploymentNews } from '@sluice/model/api';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startApi, testRoute } from '../api/testing/start-api.ts';
import { ApiError, UnreachableError } from './client-error.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './client.ts';

const encoder = new TextEncoder();
const event = (sequence: number) => `id: ${sequence}\nevent: paused\ndata: {"sequence":${sequence}}\n\n`;
const end = 'event: end\ndata: {"status":"Completed"}\n\n';

/** An answer that comes in these pieces; after `open` nothing more comes, at `broken` the connection breaks. */
function stream(...pieces: string[]): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece === 'open') return new Promise(() => {});
        if (piece === undefined) return controller.close();
        if (piece === 'broken') return controller.error(new TypeError('terminated'));
        return controller.enqueue(encoder.encode(piece));
      },
    }),
  );
}

/** A client whose answers are these, one after the other, and which waits no time for what it can wait for. */
function client(...answers: (Response | Error)[]) {
  const sent: Record<string, string>[] = [];
  const waited: number[] = [];
  const options: ClientOptions = {
    url: 'http://gate:5000',
    token: 'secret',
    fetch(_, settings) {
      sent.push(settings.headers as Record<string, string>);
      const answer = answers.shift();
      return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new TypeError('no more'));
    },
    pause: (ms, signal) => {
      if (ms < 10_000) {
        waited.push(ms);
        return Promise.resolve();
      }
      // Silence never gets too long here.
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
    },
  };
  return { sent, waited, watch: createClient(options).watchDeployment };
}

async function all(news: AsyncIterable<DeploymentNews>): Promise<string[]> {
  const told: string[] = [];
  for await (const one of news) told.push(one.type === 'event' ? String(one.event.sequence) : one.type);
  return told;
}

test('events come in order, however they are cut into pieces, until the end', async () => {
  const text = `: hello\n\n${event(1)}event: deployment\ndata: {}\n\n${event(2)}event: metrics\r\ndata: {}\r\n\r\n${end}`;
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    expect(await all(client(stream(...pieces)).watch('d'))).toEqual(['1', 'deployment', '2', 'metrics', 'end']);
  }
});

test('asks for events, and for those after the last one that is known', async () => {
  const { sent, watch } = client(stream(event(8), end));
  await all(watch('d', { after: 7 }));
  expect(sent).toMatchObject([{ accept: 'text/event-stream', authorization: 'Bearer secret', 'last-event-id': '7' }]);
});

test('when the connection breaks it goes on after the last event; half an event is none', async () => {
  const half = event(3).slice(0, -2);
  const { sent, waited, watch } = client(
    stream(event(1), event(2), half, 'broken'),
    new TypeError('fetch failed'),
    Response.json({}, { status: 503, headers: { 'retry-after': '2' } }),
    stream(event(3)),
    stream(event(4), end),
  );
  expect(await all(watch('d'))).toEqual(['1', '2', '3', '4', 'end']);
  expect(sent.map((headers) => headers['last-event-id'])).toEqual([undefined, '2', '2', '2', '3']);
  expect(waited).toEqual([250, 500, 2000, 250]);
});

test('what cannot be otherwise in a moment is an error', async () => {
  const error = { code: 'NOT_FOUND', message: 'there is no deployment d', details: [], traceId: 't' };
  const missing = client(Response.json({ error }, { status: 404 }));
  await expect(all(missing.watch('d'))).rejects.toBeInstanceOf(ApiError);
  const away = client(new TypeError('fetch failed'));
  await expect(all(away.watch('d'))).rejects.toBeInstanceOf(UnreachableError);
  const gone = client(stream(event(1)), Response.json({ error }, { status: 404 }));
  await expect(all(gone.watch('d'))).rejects.toMatchObject({ status: 404 });
});

test('a connection that says nothing for long is made anew', async () => {
  const { watch } = ((): ReturnType<typeof client> => {
    const answers = [stream(event(1), 'open'), stream(end)];
    const options: ClientOptions = {
      url: 'http://gate:5000',
      fetch: () => Promise.resolve(answers.shift() as Response),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    };
    return { sent: [], waited: [], watch: createClient(options).watchDeployment };
  })();
  expect(await all(watch('d'))).toEqual(['1', 'end']);
});

test('who gives up is told nothing more, without an error', async () => {
  const giveUp = new AbortController();
  const { watch } = client(stream(event(1), event(2), 'open'));
  const told: string[] = [];
  for await (const one of watch('d', { signal: giveUp.signal })) {
    told.push(one.type);
    giveUp.abort();
  }
  expect(told).toEqual(['event']);
});

test('over HTTP: connections are cut, and every event is told once', async () => {
  const started = await startApi();
  const server = createServer((request, response) => void started.api.handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const operator = createClient({ url, token: await started.token('Operator') });
    const viewer = createClient({ url, token: await started.token('Viewer'), pause: untilLater });
    await (await started.client('Admin')).createRoute({ body: testRoute });
    const body = { routeId: 'a', route: { ...testRoute, version: '2.0' } };
    const { deploymentId } = await operator.createDeployment({ body });
    const params = { deploymentId };
    const sequences: number[] = [];
    for await (const news of viewer.watchDeployment(deploymentId)) {
      if (news.type === 'event') sequences.push(news.event.sequence);
      if (news.type !== 'event') continue;
      server.closeAllConnections();
      if (news.event.kind === 'phaseStarted') await started.deployments.act(deploymentId, { kind: 'pause' }, { actor });
      if (news.event.kind === 'paused') await operator.rollbackDeployment({ params, body: { reason: 'enough' } });
    }
    expect(sequences).toEqual([1, 2, 3, 4, 5]);
  } finally {
    await started.close();
    server.closeAllConnections();
    server.close();
  }
});

const actor = { kind: 'user', name: 'eve', isAdmin: true } as const;

/** Soon, unless it is about silence. */
function untilLater(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms < 10_000) setImmediate(resolve);
  });
}
