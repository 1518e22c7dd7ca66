import type { TracingConfig } from '../config/tracing-config.ts';
import type { Problem } from '../values/problem.ts';
import { isPrivateHost } from './address-problems.ts';

/** The port that each protocol usually has, by the specification of OTLP. */
const usualPorts = { 'http/protobuf': '4318', grpc: '4317' } as const;

/** Where and how something is sent. */
type Sending = Pick<TracingConfig, 'protocol' | 'headers'> & { readonly otlpUrl?: string | undefined };

/** What is valid, but hardly what was meant. */
export function otlpWarnings(key: 'tracing' | 'metrics', sending: Sending | undefined): Problem[] {
  if (sending?.otlpUrl === undefined) return [];
  const url = new URL(sending.otlpUrl);
  return [portWarning(url, sending), plainWarning(url, sending)].flatMap((message) =>
    message === undefined ? [] : [{ path: [key, 'otlpUrl'], message }],
  );
}

/** An address with the usual port of the other protocol will hardly answer this one. */
function portWarning({ port }: URL, { protocol }: Sending): string | undefined {
  const [other, own] =
    protocol === 'grpc' ? (['http/protobuf', 'grpc'] as const) : (['grpc', 'http/protobuf'] as const);
  if (port !== usualPorts[other]) return undefined;
  return `${usualPorts[other]} is the usual port of OTLP over ${other}; ${own} is usually on ${usualPorts[own]}`;
}

function plainWarning({ protocol, hostname }: URL, { headers = {} }: Sending): string | undefined {
  if (protocol === 'https:' || Object.keys(headers).length === 0 || isPrivateHost(hostname)) return undefined;
  return 'is sent to over the network without TLS: whoever stands on the way can read the headers; use https://';
}
