import type { Prng } from '../../route/testing/prng.ts';

/** One change of the kinds that attacks on HTTP framing are made of. */
export function mutate(text: string, prng: Prng): string {
  return prng.pick(mutations)(text, prng);
}

const flip = (text: string, prng: Prng): string => {
  const at = prng.below(text.length);
  const flipped = (text.charCodeAt(at) || 0) ^ (1 << prng.below(8));
  return splice(text, at, 1, String.fromCharCode(flipped));
};

const insertByte = (text: string, prng: Prng): string => splice(text, placeIn(text, prng), 0, prng.pick(bytes));

const replaceByte = (text: string, prng: Prng): string => splice(text, placeIn(text, prng), 1, prng.pick(bytes));

const dropByte = (text: string, prng: Prng): string => splice(text, placeIn(text, prng), 1, '');

/** Doubles a line, or a stretch of bytes. */
const repeat = (text: string, prng: Prng): string => {
  const at = placeIn(text, prng);
  const piece =
    prng.below(2) === 0 ? text.slice(at, at + 1 + prng.below(9)) : (/^[^\n]*\n/.exec(text.slice(at))?.[0] ?? '');
  return splice(text, at, 0, piece);
};

/** A framing field where there may be another one already. */
const addFramingField = (text: string, prng: Prng): string => {
  const lineEnd = text.indexOf('\r\n', prng.below(Math.max(1, text.indexOf('\r\n\r\n'))));
  return lineEnd === -1 ? text : splice(text, lineEnd + 2, 0, `${prng.pick(framingFields)}\r\n`);
};

const respellValue = (text: string, prng: Prng): string =>
  text.replace(/(content-length|transfer-encoding|connection|host):[^\r]*/i, (_, name: string) => {
    return `${name}:${prng.pick(framingValues)}`;
  });

/** The same chunk size in another spelling, or another one. */
const respellSize = (text: string, prng: Prng): string => {
  const start = Math.max(0, text.indexOf('\r\n\r\n'));
  const size = /(?<=\r\n)[0-9a-f]+(?=[\r;])/i.exec(text.slice(start));
  if (size === null) return text;
  return splice(text, start + size.index, size[0].length, prng.pick(chunkSizes).replace('N', size[0]));
};

const padColon = (text: string, prng: Prng): string => {
  const colon = text.indexOf(':', text.indexOf('\r\n', prng.below(text.length)));
  return colon === -1 ? text : splice(text, colon, 0, prng.pick([' ', '\t']));
};

const respellVersion = (text: string, prng: Prng): string => text.replace(/HTTP\/1\.\d/, () => prng.pick(versions));

const respellTarget = (text: string, prng: Prng): string =>
  text.replace(/(?<=^\S+ )\S+(?= HTTP)/, () => prng.pick(targets));

const respellMethod = (text: string, prng: Prng): string => text.replace(/^\S+(?= )/, () => prng.pick(methods));

const fold = (text: string, prng: Prng): string => {
  const at = text.indexOf('\r\n', prng.below(text.length));
  return at === -1 ? text : splice(text, at + 2, 0, prng.pick([' ', '\t', ' x\r\n', '\t: y\r\n']));
};

const cut = (text: string, prng: Prng): string => text.slice(0, prng.below(text.length));

const mutations = [
  flip,
  insertByte,
  insertByte,
  replaceByte,
  dropByte,
  repeat,
  addFramingField,
  addFramingField,
  respellValue,
  respellValue,
  respellSize,
  respellSize,
  respellSize,
  padColon,
  respellVersion,
  respellTarget,
  respellMethod,
  fold,
  cut,
];

const bytes = ['\r', '\n', '\r\n', '\0', '\t', ' ', '\x0b', '\x7f', '\x80', ':', ',', ';', '"', '#', '0', '_'];
const framingFields = [
  'Content-Length: 0',
  'Content-Length: 3',
  'content-length:5',
  'Content-Length : 3',
  'Content_Length: 3',
  'Transfer-Encoding: chunked',
  'transfer-encoding:\tchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding:',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Host: b',
  'Expect: 100-continue',
];
const framingValues = [
  '+3',
  '-3',
  '0x3',
  '3_0',
  '3 3',
  '3,3',
  '3, 3',
  ' 03',
  '3.0',
  '3e0',
  '\t3',
  '3\t',
  '3 ',
  '',
  ' ',
  '9007199254740993',
  '18446744073709551619',
  '\xb3',
  'chunked, chunked',
  'gzip, chunked',
  'chunked, gzip',
  'chunked,',
  ',chunked',
  ' , chunked',
  'chunked;a=b',
  'x chunked',
  'xchunked',
  'chunked\x0b',
  '"chunked"',
  'close\t',
  'clos',
  'closex',
  'close close',
  'close;x',
  'keep-alive\t, x',
  'keep-alivex',
  'upgrade\t',
  'upgrade,',
  'transfer-encoding',
];
const chunkSizes = [
  'N ',
  ' N',
  'N	',
  '+N',
  '-N',
  '0xN',
  '0N',
  'N;',
  'N ;a',
  'N; a',
  'N_0',
  '100000000000000N',
  'N;a=b c',
  '',
  'g',
];
const versions = [
  'HTTP/1.2',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/1.10',
  'http/1.1',
  'HTTP/1,1',
  'HTTP/ 1.1',
  'ICY',
  '',
  'HTTP/1.1 ',
];
const targets = [
  '*',
  '',
  '/a b',
  '/#a',
  'a',
  'a:443',
  'http:/a',
  'http://',
  'http://a@b/',
  'http://a:b/',
  '/\xe9',
  'ftp://a/',
  '?',
];
const methods = ['CONNECT', 'GE T', '', 'GET\t', 'get', 'PRI', 'G(T', '1'];

/** Half of the places are where a line begins or ends, where mistakes are made. */
function placeIn(text: string, prng: Prng): number {
  const at = prng.below(text.length + 1);
  if (prng.below(2) === 0) return at;
  const lineEnd = text.indexOf('\r\n', at);
  return lineEnd === -1 ? at : lineEnd + prng.below(3);
}

function splice(text: string, at: number, removed: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at + removed);
}
