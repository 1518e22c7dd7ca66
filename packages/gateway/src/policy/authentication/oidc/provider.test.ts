import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { HelperAnswer, Question } from '../../helper/send-question.ts';
import { Provider } from './provider.ts';

/** Hides the package. */
const hook = `data:text/javascript,import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) { return next(name === 'openid-client' ? 'no-such-package' : name, context); } });`;

test('without its package, a login says what to install', () => {
  const file = fileURLToPath(new URL('provider.ts', import.meta.url));
  const script = `import { Provider } from ${JSON.stringify(file)};
    const settings = { issuer: 'http://127.0.0.1:9', clientId: 'a', scopes: ['openid'] };
    const provider = new Provider(settings, { helper: {}, now: Date.now });
    await provider.begin('http://a.test/', { clientAddress: '' }).catch(({ name, message }) => console.log(name, message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', hook, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('ProviderAway the method oidc needs a package: npm install openid-client\n');
});

/** A provider with these metadata beside its issuer, and what it was asked. */
function providerWith(metadata: Readonly<Record<string, string>>) {
  const issuer = 'http://127.0.0.1:9';
  const asked: string[] = [];
  const ask = ({ url }: Question): Promise<HelperAnswer> => {
    asked.push(url.pathname);
    const body = Buffer.from(JSON.stringify({ issuer, ...metadata }));
    return Promise.resolve({
      status: 200,
      body,
      fields: (name) => (name === 'content-type' ? ['application/json'] : []),
    });
  };
  const settings = { issuer, clientId: 'a', scopes: ['openid'], afterLogout: undefined };
  return { asked, provider: new Provider(settings, { secret: undefined, helper: { ask }, now: Date.now }) };
}

const asking = { clientAddress: '192.0.2.1' };

test('logins that begin at the same time read the metadata once', async () => {
  const { provider, asked } = providerWith({ authorization_endpoint: 'http://127.0.0.1:9/authorize' });
  const begun = await Promise.all([1, 2].map(() => provider.begin('http://a.test/callback', asking)));
  expect(begun.map(({ location }) => new URL(location).pathname)).toEqual(['/authorize', '/authorize']);
  expect(asked).toEqual(['/.well-known/openid-configuration']);
});

test.each([
  ['a login', {}, (provider: Provider) => provider.begin('http://a.test/callback', asking)],
  [
    'a logout',
    { end_session_endpoint: 'nowhere' },
    (provider: Provider) => provider.endSession('http://a.test', undefined, asking),
  ],
])('metadata that cannot be used for %s are a fault of the provider', async (_what, metadata, ask) => {
  await expect(ask(providerWith(metadata).provider)).rejects.toMatchObject({ name: 'ProviderAway' });
});
