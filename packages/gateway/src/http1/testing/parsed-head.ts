import { frameRequest, frameResponse } from '../framing.ts';
import { Head } from '../head.ts';
import { faultReason, parseRequestHead, parseResponseHead } from '../parse-head.ts';

/** The head of a request, parsed and framed from its lines; throws an Error when it is refused. */
export function requestHead(...lines: string[]): Head {
  const head = new Head();
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const fault = parseRequestHead(head, bytes, 0, bytes.length, 100);
  const wrong = fault === undefined ? frameRequest(head)?.reason : `${fault} ${faultReason}`;
  if (wrong !== undefined) throw new Error(`the request head of the test is refused: ${wrong}`);
  return head;
}

/** The head of a response, parsed and framed from its lines; throws an Error when it is refused. */
export function responseHead(...lines: string[]): Head {
  const head = new Head();
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const fault = parseResponseHead(head, bytes, 0, bytes.length, 100);
  const wrong = fault === undefined ? frameResponse(head)?.reason : `${fault} ${faultReason}`;
  if (wrong !== undefined) throw new Error(`the response head of the test is refused: ${wrong}`);
  return head;
}
