import { createPause } from '@sluice/service';
import type { Shown } from './answer.ts';

/** A list with more items is written piece by piece. */
const longList = 100;
const pieceLength = 64 * 1024;
const encoder = new TextEncoder();

/** Whether a body contains a list that is too long to be written at once. */
export function isLong(body: unknown, depth = 0): boolean {
  if (Array.isArray(body)) return body.length > longList;
  if (typeof body !== 'object' || body === null || depth > 2) return false;
  return Object.values(body).some((value) => isLong(value, depth + 1));
}

/** The JSON text of a body, at the pace of the reader and with pauses. `done` is called at the end, in any case. */
export function longJson(
  body: unknown,
  { shown, done }: { readonly shown: Shown; readonly done: () => void },
): ReadableStream<Uint8Array> {
  const pieces = encoded(partsOf(body, shown), done);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done: isOver, value } = await pieces.next();
        if (isOver === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return();
        done();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* encoded(parts: Iterable<string>, done: () => void): AsyncGenerator<Uint8Array, void> {
  const pause = createPause();
  try {
    let text = '';
    for (const part of parts) {
      text += part;
      if (text.length >= pieceLength) {
        yield encoder.encode(text);
        text = '';
      }
      await pause();
    }
    if (text !== '') yield encoder.encode(text);
  } finally {
    done();
  }
}

function* partsOf(value: unknown, shown: Shown, key = ''): Generator<string> {
  if (!isLong(value)) yield JSON.stringify(shown === undefined ? value : shown(key, value), shown);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield `${index === 0 ? '[' : ','}${JSON.stringify(item, shown)}`;
    yield ']';
  } else {
    const fields = Object.entries(value as object).filter(([, field]) => field !== undefined);
    for (const [index, [name, field]] of fields.entries()) {
      yield `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
      yield* partsOf(field, shown, name);
    }
    yield '}';
  }
}
