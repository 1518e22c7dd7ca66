import type { InputLimit, Operation } from '@sluice/model/api';
import { codeOf, createPause } from '@sluice/service';
import { JsonScan } from './json-scan.ts';
import { parseJson } from './parse-json.ts';
import { invalid, Refusal } from './refusal.ts';

export interface RequestBody {
  readonly text: string;
  /** Parses it; throws a Refusal. */
  readonly parse: () => Promise<unknown>;
}

/**
 * Reads the body of a request. Only JSON is accepted, because any web page could send a form. A body that is too large is refused
 * as it arrives. Throws a Refusal.
 *
 * `curl -d` calls everything a form unless it is told otherwise. JSON that came so is read where a header names the caller: no page
 * of another origin can send that header without being asked first.
 */
export async function readBody(
  { method, body, auth }: Operation,
  request: Request,
  limit: InputLimit,
): Promise<RequestBody> {
  const none = { text: '', parse: () => Promise.resolve(undefined) };
  if (method === 'GET') return none;
  const type = request.headers.get('content-type');
  const isForm = auth === 'user' && type?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  if (type !== null) refuseOtherTypes(isForm ? json : type, request.headers.get('content-encoding'));
  const text = await readText(request, limit);
  // A form never begins with a brace.
  if (isForm && /^\s*[^\s{]/.test(text)) throw notJson();
  if (text === '') {
    if (body === undefined) return none;
    if (body.optional === true) return { text, parse: () => Promise.resolve({}) };
    throw invalid([{ path: [], message: 'a JSON body is required' }]);
  }
  if (body === undefined) throw invalid([{ path: [], message: 'this operation takes no body' }]);
  if (type === null) throw new Refusal('UNSUPPORTED_MEDIA_TYPE');
  return { text, parse: () => parseJson(text, createPause()) };
}

const json = 'application/json';

function notJson(): Refusal {
  return new Refusal('UNSUPPORTED_MEDIA_TYPE', { message: 'The body must be application/json in UTF-8.' });
}

function refuseOtherTypes(type: string, encoding: string | null): void {
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replaceAll(/^charset=|"/g, '');
  if (essence !== json || (charset !== undefined && charset !== 'utf-8')) throw notJson();
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', { message: 'The body must not be compressed.' });
  }
}

async function readText(request: Request, { bytes: maxBytes, values }: InputLimit): Promise<string> {
  const tooLarge = (): Refusal =>
    new Refusal('BODY_TOO_LARGE', { message: `The request body is larger than ${maxBytes} bytes.` });
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const scan = new JsonScan(values);
  const pieces: string[] = [];
  let bytes = 0;
  try {
    for await (const piece of request.body as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      const text = decoder.decode(piece, { stream: true });
      scan.push(text);
      pieces.push(text);
    }
    pieces.push(decoder.decode());
  } catch (error) {
    if (codeOf(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw invalid([{ path: [], message: 'the body is not UTF-8' }]);
    }
    if (error instanceof Error && brokenOff.has(codeOf(error) ?? error.name)) {
      throw invalid([{ path: [], message: 'the body ended too early' }]);
    }
    throw error;
  }
  return pieces.join('');
}

/** Errors of reading when the client goes away. */
const brokenOff: ReadonlySet<string> = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'AbortError', 'ABORT_ERR']);
