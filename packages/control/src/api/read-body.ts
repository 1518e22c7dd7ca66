import type { Operation } from '@sluice/model/api';
import { parseJson } from './parse-json.ts';
import { invalid, Refusal } from './refusal.ts';

const usualBytes = 1024 * 1024;

/** The body of a request. */
export interface RequestBody {
  readonly text: string;
  readonly value: unknown;
}

/**
 * Reads the body that an operation takes. Only JSON is taken: forms, which any web page could send, are refused wherever
 * something may change. Throws a Refusal.
 */
export async function readBody({ method, body }: Operation, request: Request): Promise<RequestBody> {
  const none = { text: '', value: undefined };
  if (method === 'GET') return none;
  const type = request.headers.get('content-type');
  if (type !== null) refuseOtherTypes(type, request.headers.get('content-encoding'));
  const text = await readText(request, body?.maxBytes ?? usualBytes);
  if (text === '') {
    if (body === undefined) return none;
    if (body.optional === true) return { text, value: {} };
    throw invalid([{ path: [], message: 'a JSON body is required' }]);
  }
  if (body === undefined) throw invalid([{ path: [], message: 'no body is expected here' }]);
  if (type === null) throw new Refusal('UNSUPPORTED_MEDIA_TYPE');
  return { text, value: parseJson(text) };
}

function refuseOtherTypes(type: string, encoding: string | null): void {
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.replaceAll(/^charset=|"/g, '');
  if (essence !== 'application/json' || (charset !== undefined && charset !== 'utf-8')) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', { message: 'The body must be application/json in UTF-8.' });
  }
  if (encoding !== null && encoding.toLowerCase() !== 'identity') {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', { message: 'The body must not be compressed.' });
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = (): Refusal =>
    new Refusal('BODY_TOO_LARGE', { message: `The request body is larger than ${maxBytes} bytes.` });
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const pieces: string[] = [];
  let bytes = 0;
  try {
    for await (const piece of request.body as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      pieces.push(decoder.decode(piece, { stream: true }));
    }
    pieces.push(decoder.decode());
  } catch (error) {
    if (error instanceof TypeError && (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw invalid([{ path: [], message: 'the body is not UTF-8' }]);
    }
    throw error;
  }
  return pieces.join('');
}
