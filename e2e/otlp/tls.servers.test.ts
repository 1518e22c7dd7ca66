import { startCollector } from '@sluice/service/testing';
import type { TestCollector } from '@sluice/service/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, createCertificateMaker, startSluice, until } from '../kit/index.ts';
import type { Sluice } from '../kit/index.ts';

const certificates = createCertificateMaker();
const authority = certificates.authority('collectors');
let collector: TestCollector;

beforeAll(async () => {
  collector = await startCollector(certificates.issue(authority, 'collector', ['127.0.0.1']));
});

afterAll(async () => {
  await collector.stop();
  certificates.remove();
});

function nameOf(protocol: string): string {
  return `node-${protocol.replace('/', '-')}`;
}

/** A gateway whose requests are traced, and that has answered one. */
async function traced(protocol: 'http/protobuf' | 'grpc', env: Record<string, string> = {}): Promise<Sluice> {
  const otlpUrl = protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl;
  const tracing = { protocol, otlpUrl, sampleRate: 1 };
  const sluice = await startSluice({ node: { name: nameOf(protocol) }, routes: [], tracing }, { env });
  expect((await ask(sluice.proxyPort, '/nowhere')).status).toBe(404);
  return sluice;
}

test.each(['http/protobuf', 'grpc'] as const)('%s goes over TLS to a collector that is trusted', async (protocol) => {
  const sluice = await traced(protocol, { NODE_EXTRA_CA_CERTS: authority.certFile });
  const isThere = async (): Promise<boolean> =>
    (await collector.spans()).some(({ resource }) => resource['service.instance.id'] === nameOf(protocol));
  await until('the span', isThere, { detail: () => sluice.output.slice(-4000) });
  await sluice.stop();
  expect(sluice.output).not.toContain('traces cannot be sent');
});

test.each(['http/protobuf', 'grpc'] as const)('%s does not go to a collector that is not', async (protocol) => {
  const before = (await collector.spans()).length;
  const sluice = await traced(protocol);
  await until('a refusal', () => sluice.output.includes('traces cannot be sent'));
  expect(sluice.output).toContain('the connection failed (UNABLE_TO_VERIFY_LEAF_SIGNATURE)');
  await sluice.stop();
  expect(await collector.spans()).toHaveLength(before);
});
