import { expect, test } from 'vitest';
import { explainListenError, ListenRefusedError } from './listen-refused.ts';
import { probePort } from './port-probe.ts';

const refusedBy = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code });

test.each([
  ['EACCES', '127.0.0.1', /^proxy\.port: cannot listen on 127\.0\.0\.1:80: .*below 1024 .*set proxy\.port to 1024/],
  ['EADDRNOTAVAIL', '10.9.8.7', /on 10\.9\.8\.7:80: .*does not have that address .*set proxy\.host/],
  ['ENOTFOUND', 'nowhere', /cannot resolve the name nowhere .*set proxy\.host/],
  ['EAI_AGAIN', 'nowhere', /cannot resolve the name nowhere/],
  ['EAFNOSUPPORT', '::1', /on \[::1\]:80: this machine has no IPv6 .*set proxy\.host to 127\.0\.0\.1/],
  ['EMFILE', '127.0.0.1', /ulimit -n/],
])('%s names the key and says what to do', (code, host, text) => {
  const explained = explainListenError(refusedBy(code), { host, port: 80, key: 'proxy.port' });
  expect(explained).toBeInstanceOf(ListenRefusedError);
  expect(explained.message).toMatch(text);
  expect(explained.message).toContain(`(${code})`);
});

test('the host of every port has its own key, and other errors stay as they are', () => {
  const place = { host: 'x', port: 1, key: 'management.port' };
  expect(String(explainListenError(refusedBy('ENOTFOUND'), place))).toContain('set management.host');
  expect(String(explainListenError(refusedBy('ENOTFOUND'), { ...place, key: 'proxy.tls.port' }))).toContain(
    'set proxy.host',
  );
  const other = new Error('a bug');
  expect(explainListenError(other, place)).toBe(other);
});

test('the system is asked: an address that this machine does not have, a name that cannot be resolved', async () => {
  await expect(probePort('192.0.2.1', 0, 'proxy.port')).rejects.toThrow('does not have that address (EADDRNOTAVAIL)');
  await expect(probePort('no-such-host.invalid', 0, 'proxy.port')).rejects.toThrow(/cannot resolve the name no-such/);
});
