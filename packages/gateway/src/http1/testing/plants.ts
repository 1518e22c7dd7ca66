import type { Message, Reading } from './message.ts';
import { readMessage } from './read-message.ts';
import type { ReadMessage } from './compare-readers.ts';

/** Readers with one mistake each, of the kinds that requests are smuggled through: the fuzz must find every one. */
export const plants: Readonly<Record<string, ReadMessage>> = {
  'takes a bare LF for a line end': repairing(/[^\r]\n/g, () => '\r\n'),
  'unfolds folded lines': repairing(/\r\n[ \t]/g, () => '   '),
  'forgives space before a colon': repairing(/([ \t]):/g, (_, blank) => `:${blank}`),
  'forgives a NUL': repairing(/\0/g, () => ' '),
  'lets Transfer-Encoding win over Content-Length': repairing(/content-length/gi, () => 'x-ontent-length'.slice(0, 14)),
  'takes the last of two lengths': repairing(/content-length(?=[^]*content-length)/gi, () => 'x-another-name'),
  'forgives space after a chunk size': repairing(/(?<=\n)([0-9a-f]+)[ \t](?=\r)/gi, (_, size) => `0${size}`),
  'keeps connections that are to be closed': changing((message) => ({ ...message, keepAlive: true })),
  'loses a byte of a long body': changing((message) => ({ ...message, body: message.body.slice(0, 16) })),
  'joins fields of one name': changing((message) => ({ ...message, fields: joined(message.fields) })),
  'ends a message one byte early': changing((message) => ({ ...message, end: message.end - 1 })),
  'drops trailers': changing((message) => ({ ...message, trailers: [] })),
};

/** What our reader refuses is repaired, without moving a byte, and read again. */
function repairing(fault: RegExp, repair: (...match: string[]) => string): ReadMessage {
  return (direction, bytes, start) => {
    const strict = readMessage(direction, bytes, start);
    const refused =
      strict.verdict === 'refused' || (strict.verdict === 'message' && strict.message.ending === 'broken');
    if (!refused) return strict;
    const text = bytes.toString('latin1', start);
    return readMessage(
      direction,
      Buffer.from(bytes.toString('latin1', 0, start) + text.replace(fault, repair), 'latin1'),
      start,
    );
  };
}

function changing(change: (message: Message) => Message): ReadMessage {
  return (direction, bytes, start): Reading => {
    const reading = readMessage(direction, bytes, start);
    return reading.verdict === 'message' ? { ...reading, message: change(reading.message) } : reading;
  };
}

function joined(fields: Message['fields']): Message['fields'] {
  const byName = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return [...byName];
}
