import type { RequestNews } from '@sluice/control/client';
import { printable } from '../terminal/printable.ts';
import type { Style } from '../terminal/style.ts';
import { formatLatency } from '../watch/format-figures.ts';

type Followed = Extract<RequestNews, { type: 'request' }>['request'];

/** A request as a line: when, its answer, what was asked, where it went, how long it took, and what failed. */
export function requestLine(request: Followed, style: Style): string {
  const { time, status, method, host, path, durationMs, attempts, client, error, reason } = request;
  const where = [request.route ?? 'no route', request.version, request.backend].filter((part) => part !== undefined);
  const again = attempts > 1 ? `, ${attempts} attempts` : '';
  const failure = [error, reason].filter((part) => part !== undefined).join(': ');
  const text = `${method} ${host}${path}  ${where.join(' > ')}  ${formatLatency(durationMs)}${again}  ${client}`;
  const line = printable(failure === '' ? text : `${text}  ${failure}`);
  return `${time.slice(11, 23)}  ${paint(status, style)}  ${line}`;
}

function paint(status: number, { green, yellow, red }: Style): string {
  if (status >= 500) return red(String(status));
  return status >= 400 ? yellow(String(status)) : green(String(status));
}
