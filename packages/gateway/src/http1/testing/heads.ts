import { Head } from '../head.ts';
import { faultReason, parseRequestHead, parseResponseHead } from '../parse-head.ts';

/** The parsed head of a request for `/` with these field lines (each ending in CR LF). */
export function requestHead(fields: string, version = 'HTTP/1.1', line = 'GET /'): Head {
  const head = new Head();
  const bytes = Buffer.from(`${line} ${version}\r\n${fields}\r\n`, 'latin1');
  return expectParsed(head, parseRequestHead(head, bytes, 0, bytes.length, 100));
}

/** The parsed head of a response with this status (and reason) and these field lines. */
export function responseHead(status: string, fields: string): Head {
  const head = new Head();
  const bytes = Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\n`, 'latin1');
  return expectParsed(head, parseResponseHead(head, bytes, 0, bytes.length, 100));
}

function expectParsed(head: Head, fault: string | undefined): Head {
  if (fault !== undefined) throw new Error(`the head is ${fault}: ${faultReason}`);
  return head;
}
