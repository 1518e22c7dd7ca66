import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask, createGate, runSluice, startHttpBackend, startSluice, until } from '../kit/index.ts';

const password = 'a password for tests';

/** Starts a gateway with two routes in its file, and gives the command that talks to it. */
async function start() {
  const backend = await startHttpBackend('one');
  onTestFinished(() => backend.close());
  const folder = await mkdtemp(join(tmpdir(), 'hand-over-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const route = (name: string, version: string) => ({
    name,
    version,
    pathPattern: `/${name}/**`,
    // Longer than the commands take, during which a request is in flight.
    timeoutSeconds: 300,
    backends: [{ name: 'b', url: backend.url }],
  });
  const settings = { proxy: { exposeRevision: true, workers: 1 } };
  // In an order that the store does not keep.
  const routes = [route('shop', '1.0'), route('cart', '1.0')];
  const sluice = await startSluice({ ...settings, routes }, { env: { SLUICE_ADMIN_PASSWORD: password } });
  onTestFinished(async () => void (await sluice.stop()));
  const env = {
    SLUICE_URL: `http://127.0.0.1:${sluice.managementPort}`,
    SLUICE_PASSWORD: password,
    HOME: folder,
  };
  const command = (...args: string[]) => runSluice(args, { cwd: folder, env });
  const newer = { ...route('shop', '2.0'), deployment: { strategy: 'Direct' } };
  await writeFile(join(folder, 'shop.json'), JSON.stringify(newer));
  return { sluice, backend, command, settings, routes };
}

test('a running gateway hands its routes over to the API: nothing changes, and they are deployed from then on', async () => {
  const { sluice, backend, command, settings, routes } = await start();
  const gate = createGate();
  const answer = backend.answer;
  backend.answer = gate.hold;
  const inFlight = ask(sluice.proxyPort, '/shop/slow');
  await until('a request in flight', () => gate.waiting === 1);
  backend.answer = answer;
  await command('login', 'admin');
  const refused = await command('deploy', 'shop.json');
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(
    /are owned by \S+: change them there\. To manage them here .* sluice export .* save \S+ without .* sluice deploy/,
  );

  await sluice.writeConfig(settings);
  await sluice.written('leaves the routes and backends to the API');
  expect(await sluice.health()).toMatchObject({
    revision: 1,
    status: 'healthy',
    control: { routes: { owner: 'api' } },
  });
  expect(await ask(sluice.proxyPort, '/cart/x')).toMatchObject({ status: 200, body: 'one' });
  expect((await ask(sluice.proxyPort, '/shop/x')).headers).toMatchObject({ 'x-gateway-revision': '1' });
  expect(sluice.output).not.toMatch(/"revision":[02]\b/);

  expect((await command('deploy', 'shop.json', '--watch')).code).toBe(0);
  await sluice.waitForRevision(2);
  gate.open('slow');
  expect(await inFlight).toMatchObject({ status: 200, body: 'slow', headers: { 'x-gateway-revision': '1' } });
  expect((await ask(sluice.proxyPort, '/shop/x')).headers).toMatchObject({ 'x-gateway-revision': '2' });

  // A file that does not have what the API has is refused, and changes nothing.
  await sluice.writeConfig({ ...settings, routes: [] });
  await sluice.written('the API owns the routes, and they are not those of');
  expect(await ask(sluice.proxyPort, '/cart/x')).toMatchObject({ status: 200 });
  const [shop, cart] = routes;
  // So is one that names a file which is not there.
  const methods = [{ type: 'basic' as const, usersFile: 'none.htpasswd' }];
  await sluice.writeConfig({ ...settings, routes: [shop, { ...cart, authentication: { methods } }] });
  await sluice.written('routes[1].authentication.methods[0].usersFile  none.htpasswd cannot be read (ENOENT)');
  const equal = { ...settings, routes: [{ ...shop, version: '2.0' }, cart] };
  // One that has what the API has takes over, and its next change goes live.
  await sluice.writeConfig(equal);
  await sluice.written('the file owns the routes and backends from now on');
  await sluice.apply({ ...settings, routes: [{ ...shop, version: '3.0' }, cart] });
  await sluice.waitForRevision(3);
  expect((await ask(sluice.proxyPort, '/shop/x')).headers).toMatchObject({ 'x-gateway-revision': '3' });
});
