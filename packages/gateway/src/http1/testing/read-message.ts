import { BodyTracker } from '../body-tracker.ts';
import type { BodyKind } from '../body-tracker.ts';
import { frameResponse, hasBody } from '../framing.ts';
import { Head } from '../head.ts';
import { faultReason, headEnd, parseRequestHead, parseResponseHead } from '../parse-head.ts';
import { judgeRequest } from '../request.ts';
import type { Direction, Line, Reading, Span } from './message.ts';

const maxFields = 200;

/** Reads one message with our parser, the way the two kinds of connections do it. */
export function readMessage(direction: Direction, bytes: Buffer, start: number): Reading {
  const head = new Head();
  // An empty line before a request is skipped, once (RFC 9112 §2.2).
  const from = direction === 'request' && bytes.toString('latin1', start, start + 2) === '\r\n' ? start + 2 : start;
  const parse = direction === 'request' ? parseRequestHead : parseResponseHead;
  const fault = parse(head, bytes, from, bytes.length, maxFields);
  if (fault === 'incomplete') return { verdict: 'incomplete' };
  if (fault !== undefined) return { verdict: 'refused', reason: fault === 'malformed' ? faultReason : fault };
  const bodyStart = headEnd;
  const wrong = direction === 'request' ? judgeRequest(head) : frameResponse(head);
  if (wrong !== undefined && 'reason' in wrong) return { verdict: 'refused', reason: wrong.reason };
  const isRequest = direction === 'request';
  const target = head.text.slice(head.targetStart, head.targetEnd);
  const kind = bodyKind(head, direction);
  return {
    verdict: 'message',
    message: {
      start: isRequest ? `${head.method} ${target}` : String(head.status),
      minorVersion: head.minorVersion,
      fields: linesOf(head),
      // A body that ends with the connection leaves nothing to keep.
      keepAlive: head.keepAlive && kind !== 'until-close',
      upgrade: head.upgrade && namesProtocol(head) && (isRequest || head.status === 101),
      ...readBody(kind, head.contentLength, bytes, bodyStart),
    },
  };
}

function namesProtocol(head: Head): boolean {
  return linesOf(head).some(([name, value]) => name.toLowerCase() === 'upgrade' && value !== '');
}

function bodyKind(head: Head, direction: Direction): BodyKind {
  if (direction !== 'request' && !hasBody(direction, head.status)) return 'none';
  if (head.chunked) return 'chunked';
  if (head.contentLength >= 0) return 'length';
  return direction === 'request' ? 'none' : 'until-close';
}

function readBody(kind: BodyKind, length: number, bytes: Buffer, start: number) {
  const tracker = new BodyTracker();
  tracker.begin(kind, length);
  let body = '';
  let payloadEnd = start;
  const framing: Span[] = [];
  const end = tracker.advance(bytes, start, bytes.length, (from, to) => {
    body += bytes.toString('latin1', from, to);
    framing.push([payloadEnd, from]);
    payloadEnd = to;
  });
  framing.push([payloadEnd, end]);
  const trailers = kind === 'chunked' && tracker.done ? trailersOf(bytes.toString('latin1', payloadEnd, end)) : [];
  return { body, trailers, framing: kind === 'chunked' ? framing : [], ending: endingOf(tracker), end } as const;
}

function endingOf(tracker: BodyTracker): 'complete' | 'open' | 'cut' | 'broken' {
  if (tracker.broken) return 'broken';
  if (tracker.done) return 'complete';
  return tracker.kind === 'until-close' ? 'cut' : 'open';
}

function linesOf(head: Head): Line[] {
  return Array.from({ length: head.count }, (_, index) => [head.nameAt(index), head.valueAt(index)] as const);
}

/** What stands between the last size line and the empty line: judged by the tracker already, so taken apart simply. */
function trailersOf(tail: string): Line[] {
  const lastSize = /(?:^|\r\n)0+(?:[ \t]*;[^\r]*)?\r\n/.exec(tail);
  if (lastSize === null) throw new Error('no last chunk');
  const lines = tail.slice(lastSize.index + lastSize[0].length, -2).split('\r\n');
  return lines.slice(0, -1).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')];
  });
}
