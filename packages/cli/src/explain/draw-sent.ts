import { printable } from '../terminal/printable.ts';
import type { SentAndFollowed } from './send-and-follow.ts';

/** What came of a request that was sent, in whole lines. */
export function drawSent({ sent, gateway }: SentAndFollowed): string {
  const { status, connectedMs, answeredMs, endedMs, bytes, traceId, revision, version } = sent;
  const labels = [
    version === undefined ? undefined : `version ${version}`,
    revision === undefined ? undefined : `revision ${revision}`,
  ].filter((label) => label !== undefined);
  const lines = [
    `sent      ${[status, ...labels].join(', ')}, ${bytes} bytes, trace ${traceId}`,
    `times     connected after ${connectedMs} ms, answer began after ${answeredMs} ms, ended after ${endedMs} ms`,
  ];
  if (gateway === undefined)
    lines.push('gateway   it told nothing of the request: the address may be that of another gateway');
  else {
    const { route = 'no route', backend = 'none', attempts, durationMs, error, reason } = gateway;
    const failure = [error, reason].filter((part) => part !== undefined).join(': ');
    const told = `route ${route}, backend ${backend}, attempts ${attempts}, ${durationMs} ms in the gateway`;
    lines.push(`gateway   ${failure === '' ? told : `${told}; ${failure}`}`);
  }
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}
