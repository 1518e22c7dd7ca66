import type { BodyInput } from '@sluice/model/api';
import { UsageError } from '../command/command.ts';
import type { Arguments } from '../command/command.ts';

/** A request as the API takes it. */
export type Question = BodyInput<'explainRequest'>;

/** Reads the request from the command line. Throws a UsageError, which repeats no value of a header. */
export function readQuestion({ positionals: [method = '', url = ''], options, lists }: Arguments): Question {
  if (!/^https?:\/\//i.test(url)) {
    throw new UsageError('expected a method and an address: sluice explain GET http://shop.example/orders/7');
  }
  const [address = ''] = url.split('#', 1);
  return {
    method: method.toUpperCase(),
    // The scheme has no case, and what is not ASCII is sent as UTF-8.
    url: address
      .replace(/^https?/i, (scheme) => scheme.toLowerCase())
      .replaceAll(/[^\x21-\x7e]+/gu, encodeURIComponent),
    headers: (lists?.['header'] ?? []).map(readHeader),
    clientAddress: options['from'],
  };
}

/** `Name: value`, as curl takes it. A value is sent as UTF-8, which the API takes byte by byte. */
function readHeader(text: string): { readonly name: string; readonly value: string } {
  const [, name, value = ''] = /^([^:\s]+):\s*(.*?)\s*$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError("-H: expected 'Name: value'");
  return { name, value: Buffer.from(value, 'utf8').toString('latin1') };
}
