// Prints microseconds of CPU that tracing adds to an exchange with one attempt: node packages/gateway/src/trace/request-tracer.bench.ts
import type { TracingConfig } from '@sluice/model';
import { createRedaction } from '@sluice/service/redaction';
import { parseRequestHead } from '../http1/parse-head.ts';
import { takeHead } from '../http1/head.ts';
import { EntryRedaction } from '../observe/entry-redaction.ts';
import { openTracer } from '../runtime/open-tracer.ts';
import type { TracedExchange } from './traced-exchange.ts';

const tracing: TracingConfig = {
  otlpUrl: 'http://127.0.0.1:4318',
  protocol: 'http/protobuf',
  compression: 'none',
  sampleRate: 1,
  alwaysSampleErrors: true,
  trustSampling: 'trustedProxies',
};
const [rounds, turns] = [15, 50_000];
const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const bytes = Buffer.from(`GET /api/service-0007/1k HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: ${agent}\r\n\r\n`);
const head = takeHead();
if (parseRequestHead(head, bytes, 0, bytes.length, 100) !== undefined) throw new Error('refused');

const backend = { name: 'one', origin: 'http://127.0.0.1:9000', basePath: '' };
const exchange: Omit<TracedExchange, 'keptTraceId'> = {
  head,
  method: 'GET',
  scheme: 'http',
  path: '/api/service-0007/1k',
  query: '',
  rewrittenPath: undefined,
  rewrittenQuery: undefined,
  host: '127.0.0.1',
  authority: '127.0.0.1:8000',
  clientAddress: '127.0.0.1',
  requestId: 'QgXBZjmQ61zq-1',
  arrivedAt: performance.now(),
  route: { name: 'service-0007', pattern: [], patternText: '/api/service-0007/**', version: undefined },
  backend,
  identity: undefined,
  generation: { revision: 1 },
  status: 200,
  errorCode: undefined,
  responding: true,
  ownAnswer: false,
};

for (const sampleRate of [0, 0.01, 1]) {
  let best = Infinity;
  const { tracer, outbox } = openTracer({ ...tracing, sampleRate }, new EntryRedaction(createRedaction()), () =>
    setImmediate(() => outbox.confirmed()),
  );
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < turns; turn++) {
      const trace = tracer.begin(head, { isTrustedProxy: false });
      trace.beginAttempt(backend, exchange.arrivedAt);
      trace.endStep(200, '');
      tracer.end({ ...exchange, keptTraceId: trace.sampled ? trace.traceId : undefined }, trace);
      // The main thread confirms each chunk.
      if (turn % 50 === 0) await new Promise(setImmediate);
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / turns);
  }
  outbox.close();
  console.log(`${String(sampleRate * 100).padStart(3)} % of the traces   ${best.toFixed(2)} µs per exchange`);
}
