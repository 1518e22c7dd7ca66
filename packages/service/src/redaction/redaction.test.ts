import { expect, test } from 'vitest';
import { createRedaction } from './redaction.ts';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl';
const usual = createRedaction();

test.each([
  ['', ''],
  ['a=1&b=2', 'a=1&b=2'],
  ['page=2&sort=-name&q=red%20shoes&at=10:30', 'page=2&sort=-name&q=red%20shoes&at=10:30'],
  ['access_token=s3cr3t&a=1', 'access_token=[hidden]&a=1'],
  ['API_KEY=s3cr3t', 'API_KEY=[hidden]'],
  ['apiKey=s3cr3t&accessKey=s3cr3t&x-api-key=s3cr3t', 'apiKey=[hidden]&accessKey=[hidden]&x-api-key=[hidden]'],
  ['key=s3cr3t&token=s3cr3t&code=s3cr3t', 'key=[hidden]&token=[hidden]&code=[hidden]'],
  ['X-Amz-Signature=s3cr3t&X-Amz-Date=1', 'X-Amz-Signature=[hidden]&X-Amz-Date=1'],
  ['sig=s3cr3t&sv=2024', 'sig=[hidden]&sv=2024'],
  ['token=s3cr3t&token=s3cr3t2', 'token=[hidden]&token=[hidden]'],
  ['token[]=s3cr3t&user[password]=s3cr3t', 'token[]=[hidden]&user[password]=[hidden]'],
  ['tok%65n=s3cr3t&%74oken=s3cr3t', 'tok%65n=[hidden]&%74oken=[hidden]'],
  ['tok%2565n=s3cr3t', 'tok%2565n=[hidden]'],
  ['user%5Bpassword%5D=s3cr3t', 'user%5Bpassword%5D=[hidden]'],
  ['key%00=s3cr3t&+key=s3cr3t&key+=s3cr3t', 'key%00=[hidden]&+key=[hidden]&key+=[hidden]'],
  ['?token=s3cr3t', '?token=[hidden]'],
  ['a=1;token=s3cr3t', 'a=1;token=[hidden]'],
  ['token=s3cr3t;s3cr3t&a=1', 'token=[hidden]&a=1'],
  ['token=s3cr3t;b=s3cr3t&a=1', 'token=[hidden]&a=1'],
  ['a=1%26token=s3cr3t', 'a=[hidden]'],
  ['a=1%3Btoken%3Ds3cr3t', 'a=[hidden]'],
  ['next=%2Fcb%3Faccess_token%3Ds3cr3t', 'next=[hidden]'],
  ['next=/cb?access_token=s3cr3t', 'next=[hidden]'],
  ['next=%252Fcb%253Faccess_token%253Ds3cr3t', 'next=[hidden]'],
  ['next=https%3A%2F%2Fu%3As3cr3t%40host%2F', 'next=[hidden]'],
  ['next=https%3A%2F%2Fhost%2Fa', 'next=https%3A%2F%2Fhost%2Fa'],
  ['filter={"password":"s3cr3t"}', 'filter=[hidden]'],
  ['filter=%7B%22password%22%3A%22s3cr3t%22%7D', 'filter=[hidden]'],
  ['query={login(password:"s3cr3t")}', 'query=[hidden]'],
  [jwt, '[hidden]'],
  [`a=${jwt}`, 'a=[hidden]'],
  [`${jwt}=1`, '[hidden]'],
  [`${jwt.replace('.', '%2E')}=1`, '[hidden]'],
  [`a=${jwt.replaceAll('.', '%2E')}`, 'a=[hidden]'],
  [`a=${jwt.replace('eyJ', '%65%79J')}`, 'a=[hidden]'],
  ['a=Bearer%20s3cr3t.s3cr3t', 'a=[hidden]'],
  ['token', 'token'],
  ['token=', 'token=[hidden]'],
  [`${'x'.repeat(200)}=s3cr3t`, `${'x'.repeat(200)}=[hidden]`],
])('the query %s is shown as %s', (query, shown) => {
  expect(usual.query(query)).toBe(shown);
});

test.each([
  ['/', '/'],
  ['/orders/7', '/orders/7'],
  ['/keys/token/code', '/keys/token/code'],
  ['/a%20b/red;v=2/x=1', '/a%20b/red;v=2/x=1'],
  ['/eyelash/ewok.html', '/eyelash/ewok.html'],
  ['/orders;jsessionid=s3cr3t/7', '/orders;jsessionid=[hidden]/7'],
  ['/orders;JSESSIONID=s3cr3t;v=s3cr3t', '/orders;JSESSIONID=[hidden]'],
  ['/orders;v=2;jsessionid=s3cr3t', '/orders;v=2;jsessionid=[hidden]'],
  ['/orders%3Bjsessionid%3Ds3cr3t/7', '/[hidden]/7'],
  ['/orders;j%73essionid=s3cr3t', '/orders;j%73essionid=[hidden]'],
  ['/token=s3cr3t/7', '/token=[hidden]/7'],
  ['/a%3Ftoken=s3cr3t', '/a%3Ftoken=[hidden]'],
  [`/login/${jwt}/ok`, '/login/[hidden]/ok'],
  [`/login/x_${jwt}`, '/login/x_[hidden]'],
  [`/login/${jwt.replaceAll('.', '%252E')}`, '/login/[hidden]'],
  ['/login/eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.', '/login/[hidden]'],
  ['/login/eyJhbGciOiJkaXIifQ..c2VjcmV0.c2VjcmV0.dGFn', '/login/[hidden]'],
  ['/proxy/https://u:s3cr3t@host/a', '/proxy/https://[hidden]@host/a'],
  ['/proxy/https:/u:s3@cr3t@host/a', '/proxy/https:/[hidden]@host/a'],
  ['/proxy/https:%2F%2Fu:s3cr3t%40host/a', '/proxy/[hidden]/a'],
  [`/k/slc_${'0'.repeat(32)}_${'1'.repeat(64)}`, '/k/[hidden]'],
  [`/k/sluice_${'a1'.repeat(20)}`, '/k/[hidden]'],
])('the path %s is shown as %s', (path, shown) => {
  expect(usual.path(path)).toBe(shown);
});

test.each([
  ['retry in 5s: code=ECONNREFUSED', 'retry in 5s: code=ECONNREFUSED'],
  ['basic authentication is off; the bearer may try again', 'basic authentication is off; the bearer may try again'],
  ['GET http://h/a?token=s3cr3t failed', 'GET http://h/a?token=[hidden] failed'],
  ['GET "http://h/a?b=1&sig=s3cr3t#x" failed', 'GET "http://h/a?b=1&sig=[hidden]#x" failed'],
  ['at postgres://u:s3cr3t@db/x', 'at postgres://[hidden]@db/x'],
  ['sent Authorization: Bearer s3cr3t-1', 'sent Authorization: Bearer [hidden]'],
  ['sent {"password": "s3c\\"r3t", "a": "b"}', 'sent {"password": "[hidden]", "a": "b"}'],
  ['sent "{\\"apiKey\\":\\"s3cr3t\\"}"', 'sent "{\\"apiKey\\":\\"[hidden]\\"}"'],
  [`the token ${jwt} has expired`, 'the token [hidden] has expired'],
  ['-----BEGIN EC PRIVATE KEY-----\ns3cr3t\n-----END EC PRIVATE KEY-----, no', '[hidden], no'],
  ['-----BEGIN PRIVATE KEY-----\ns3cr3t', '[hidden]'],
])('the text %s is shown as %s', (text, shown) => {
  expect(usual.text(text)).toBe(shown);
});

test.each([
  ['Authorization', 'Basic dXNlcg==', '[hidden]'],
  ['cookie', 'a=b', '[hidden]'],
  ['X-API-Key', 'abc', '[hidden]'],
  ['referer', 'https://shop.test/cb?code=s3cr3t&page=1', 'https://shop.test/cb?code=[hidden]&page=1'],
  ['referer', 'https://u:s3cr3t@shop.test/', 'https://[hidden]@shop.test/'],
  ['user-agent', 'curl/8.1 (a; b=c)', 'curl/8.1 (a; b=c)'],
  ['x-forwarded-auth', 'abc', '[hidden]'],
])('the header %s with %s is shown as %s', (name, value, shown) => {
  expect(usual.header(name, value)).toBe(shown);
});

test('names of the configuration are hidden as parameters, headers, fields and segments', () => {
  const redaction = createRedaction(['email', 'X-Customer']);
  expect(redaction.query('email=a&user[Email]=a&user.email=a&emails=a')).toBe(
    'email=[hidden]&user[Email]=[hidden]&user.email=[hidden]&emails=a',
  );
  expect(redaction.header('x-customer', '7')).toBe('[hidden]');
  expect([redaction.hides('EMAIL'), redaction.hides('emails')]).toEqual([true, false]);
  const places = redaction.secretSegments([undefined, 'email', 'id', 'token']);
  expect(places).toEqual([1, 3]);
  expect(redaction.path('/users/a/7/b', places)).toBe('/users/[hidden]/7/[hidden]');
  expect(redaction.path('/users', places)).toBe('/users');
  expect(redaction.secretSegments(['id', undefined])).toBeUndefined();
});

test('names that are learned later are hidden too', () => {
  const redaction = createRedaction();
  expect(redaction.query('k=s3cr3t')).toBe('k=s3cr3t');
  redaction.hideNames(['k']);
  expect(redaction.query('k=s3cr3t')).toBe('k=[hidden]');
});

test('known secrets are hidden wherever they stand, in either spelling', () => {
  const redaction = createRedaction();
  redaction.hideValues(['pa/ss word$', 'pa/ss word$ and more', 'short']);
  expect(redaction.text('it is pa/ss word$ and more, or pa/ss word$')).toBe('it is [hidden], or [hidden]');
  expect(redaction.path('/a/pa%2Fss%20word%24/b')).toBe('/a/[hidden]/b');
  expect(redaction.query('a=pa/ss%20w%6frd$&b=pa/ss+word$')).toBe('a=[hidden]&b=[hidden]');
  expect(redaction.text('short')).toBe('short');
});

test('values that come one by one are hidden with those before them, also after a text was read', () => {
  const redaction = createRedaction();
  redaction.hideValues(['first secret!']);
  redaction.hideValues(['second secret!']);
  expect(redaction.text('first secret! second secret! third secret!')).toBe('[hidden] [hidden] third secret!');
  redaction.hideValues(['third secret!']);
  expect(redaction.text('first secret! second secret! third secret!')).toBe('[hidden] [hidden] [hidden]');
});

test('of very many secrets the last ones are hidden', () => {
  const redaction = createRedaction();
  redaction.hideValues(Array.from({ length: 3000 }, (_, index) => `secret ${index}!`));
  expect(redaction.values.length).toBeLessThanOrEqual(2000);
  expect(redaction.text('secret 2999!')).toBe('[hidden]');
});

test('a long text is cut where no secret is cut in two', () => {
  const start = `?${'a=b&'.repeat(2047)}`;
  expect(start.length).toBe(8189);
  expect(usual.text(`${start}next=https://u:s3cr3t@host/`)).toBe(`${start}…`);
});

test.each([
  ['ey', 'eyJ-'],
  ['schemes', 'a:/'],
  ['names', 'a_'],
  ['marks', '_'],
  ['quotes', '"'],
  ['dots', 'eyJ.'],
  ['escapes', '%25'],
  ['signs', '?'],
  ['spaces', 'basic '],
])('no text of a client makes redaction slow: %s', (_name, part) => {
  // Quadratic work on 64 KB takes minutes; this ends in the time limit of a test or not at all.
  const text = part.repeat(65_536 / part.length);
  for (let round = 0; round < 20; round++) {
    usual.text(`"=${text}`);
    usual.path(`/=${text}`);
    usual.query(`${text}=1&a=${text}`);
    usual.query(`a=${text}`);
  }
  expect(usual.query('a=1')).toBe('a=1');
});

/** What a client may wrap around a secret, without hiding from the last server what it is. */
const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => text.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
];
const names = ['token', 'Api-Key', 'clientSecret', 'PASSWORD', 'sig', 'x[code]', 'jsessionid', 'id_token'];
const separators = ['&', ';', '&&', '&a=1&', ';a=1;', '&%61=%20&'];

const surroundings = separators.flatMap((before) => separators.map((after) => [before, after] as const));

test.each(spellings.flatMap((spell) => names.map((name) => [spell(name), spell] as const)))(
  'a secret planted as %s never survives, whatever stands around it',
  (name, spell) => {
    const pair = `${name}=PLANTED`;
    const shown = surroundings.flatMap(([before, after]) => {
      const query = `q=1${before}${pair}${after}z=2`;
      return [
        usual.query(query),
        usual.query(`next=${spell(`/cb?${query}`)}`),
        usual.path(`/orders;${pair};v=1/7`),
        usual.header('referer', `https://shop.test/a?${query}`),
        usual.text(`GET https://shop.test/a?${query} failed`),
      ];
    });
    expect(shown.filter((text) => text.includes('PLANTED'))).toEqual([]);
    expect(shown.every((text) => text.includes('[hidden]'))).toBe(true);
  },
);
