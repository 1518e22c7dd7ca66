import type { Prng } from '../../route/testing/prng.ts';
import type { Direction } from './message.ts';

/** One to three messages that are in order, nearly always, in many spellings. Latin1 text. */
export function generateStream(direction: Direction, prng: Prng): string {
  const count = prng.pick([1, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => generateMessage(direction, prng)).join('');
}

function generateMessage(direction: Direction, prng: Prng): string {
  const isRequest = direction === 'request';
  const startLine = isRequest ? requestLine(prng) : statusLine(prng);
  const fields = isRequest && prng.below(30) > 0 ? [`${name('Host', prng)}:${value(prng.pick(hosts), prng)}`] : [];
  for (let count = prng.pick([0, 1, 2, 3, 5, 40]); count > 0; count--) fields.push(field(prng));
  if (prng.below(3) === 0) fields.push(`${name('Connection', prng)}:${value(prng.pick(connections), prng)}`);
  const { framing, body } = prng.pick(framings)(prng);
  if (framing !== undefined) fields.splice(prng.below(fields.length + 1), 0, framing);
  return `${startLine}\r\n${fields.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

const framings: readonly ((prng: Prng) => { framing: string | undefined; body: string })[] = [
  () => ({ framing: undefined, body: '' }),
  (prng) => {
    const body = data(prng);
    return { framing: `${name('Content-Length', prng)}:${prng.pick(['', ' '])}${body.length}`, body };
  },
  (prng) => ({
    framing: `${name('Transfer-Encoding', prng)}:${value(prng.pick(['chunked', 'chunked', 'Chunked']), prng)}`,
    body: chunks(prng),
  }),
];

const methods = [
  'GET',
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'PATCH',
  'QUERY',
  'X',
  'PRI',
  'SOURCE',
  'm!~',
];
const targets = [
  '/',
  '/',
  '/a/b?c=d&e=%20',
  '/%7Ea;b',
  '/a?b?c=/d',
  '/caf%C3%A9/',
  'http://a/b',
  'http://a',
  'http://a?b',
];
const oddTargets = ['*', 'a:80', 'HTTP://A/', 'https://a:1/?', '//a', '/"<>[]^`{|}'];
const hosts = ['a', 'a', 'a', 'A:80', 'www.example.com', '127.0.0.1:8000', '[::1]:80', 'a_b'];
const connections = [
  'close',
  'keep-alive',
  'Keep-Alive',
  'upgrade',
  'close, keep-alive',
  'x, Close',
  'keep-alive , x',
  ',',
  '',
];

function requestLine(prng: Prng): string {
  const target = prng.below(12) === 0 ? prng.pick(oddTargets) : prng.pick(targets);
  const blank = prng.below(20) === 0 ? '\r\n' : '';
  return `${blank}${prng.pick(methods)} ${target} HTTP/1.${prng.below(5) === 0 ? 0 : 1}`;
}

function statusLine(prng: Prng): string {
  const status = prng.pick([200, 200, 200, 404, 100, 103, 204, 205, 304, 500, 599]);
  const reason = prng.pick([' OK', ' Not Found', ' ', '', ' caf\xe9\t"']);
  return `HTTP/1.${prng.below(5) === 0 ? 0 : 1} ${status}${reason}`;
}

const names = [
  'Accept',
  'Cookie',
  'X-Real-IP',
  'Upgrade',
  'TE',
  'Keep-Alive',
  'Content-Type',
  'x_y',
  "!#$%&'*+-.^_`|~0",
];
const values = ['', 'a', 'text/html, */*;q=0.8', 'a  b\tc', '\xff\x80', '"a:b"', '=', 'websocket', 'chunked', '5'];

function field(prng: Prng): string {
  return `${name(prng.pick(names), prng)}:${value(prng.pick(values), prng)}`;
}

function name(text: string, prng: Prng): string {
  return prng.pick([text, text, text.toLowerCase(), text.toUpperCase()]);
}

function value(text: string, prng: Prng): string {
  return `${prng.pick([' ', ' ', ' ', '', '  ', '\t', ' \t '])}${text}${prng.pick(['', '', '', '', ' ', '\t ', '\t'])}`;
}

function data(prng: Prng): string {
  return prng.pick(['', 'a', 'abcdef', '0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\0\xff\n\r', 'x'.repeat(17)]);
}

const extensions = ['', '', '', '', ';a', ';a=b', ';a;b="c;\\"d\xe9"', ';a=""', ' ;a', '\t; a = " ;" ; b'];
const trailers = ['', '', '', 'X-Sum: 1\r\n', 'a:\r\nB:\t c \r\n', 'x:  \xe9\r\n'];

function chunks(prng: Prng): string {
  let text = '';
  for (let count = prng.below(4); count > 0; count--) {
    const piece = data(prng) || 'z';
    const digits = piece.length.toString(16);
    const size = prng.pick([digits, digits, digits.toUpperCase(), digits.padStart(6, '0')]);
    text += `${size}${prng.pick(extensions)}\r\n${piece}\r\n`;
  }
  return `${text}${prng.pick(['0', '0', '0', '000'])}${prng.pick(extensions)}\r\n${prng.pick(trailers)}\r\n`;
}
