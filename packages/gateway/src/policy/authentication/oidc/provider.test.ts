import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

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
