import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ask, createProcess, ManagementApi, startHttpBackend, until } from '../kit/index.ts';

const password = 'correct horse battery staple';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Attacks what opens paths that come over the API: a FIFO hangs it, a device fills the memory, an answer tells which files exist. */
test('an Operator names a FIFO, a device and a file that is not there as authorities: only that route is harmed', async () => {
  const backend = await startHttpBackend('a');
  closers.push(() => backend.close());
  const gateway = await createProcess({
    name: 'gateway',
    role: 'all',
    config: { access: { limitFactor: 0 }, proxy: { workers: 1 }, node: { filesFolder: 'files' } },
    env: { SLUICE_ADMIN_PASSWORD: password },
  });
  closers.push(() => gateway.remove());
  const files = join(gateway.folder, 'files');
  mkdirSync(files);
  execFileSync('mkfifo', [join(files, 'fifo')]);
  symlinkSync('/dev/zero', join(files, 'zero'));
  await gateway.start();

  const person = new ManagementApi({ controls: [gateway], password });
  const keyOf = async (role: string) => {
    const made = await person.acknowledged('POST', '/gateway/api-keys', { name: role, role, scopes: ['*'] });
    const { key } = JSON.parse(made.body) as { key: string };
    return async (method: string, path: string, body?: unknown): Promise<Body & { httpStatus: number }> => {
      const url = `http://127.0.0.1:${gateway.managementPort}/api/v1/gateway${path}`;
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
      return { httpStatus: answer.status, ...((await answer.json()) as Body) };
    };
  };
  const [operator, admin] = [await keyOf('Operator'), await keyOf('Admin')];
  const route = (name: string, backends: object[]) => ({ name, pathPattern: `/${name}/**`, backends });
  const harmful = (caFile: string) => route('harmed', [{ name: 'a', url: 'https://127.0.0.1:1', tls: { caFile } }]);
  const deploy = (caFile: string) =>
    operator('POST', '/deployments', { routeId: 'harmed', route: harmful(caFile), strategy: 'Direct' });
  for (const name of ['good', 'harmed']) {
    expect((await admin('POST', '/routes', route(name, [{ name: 'a', url: backend.url }]))).httpStatus).toBe(201);
  }

  // Paths are refused, whether there is something or not.
  const refusals = new Set<string>();
  for (const path of [join(files, 'fifo'), '/dev/zero', '/nonexistent', '../files/fifo']) {
    for (const refused of [await deploy(path), await admin('PUT', '/routes/harmed', harmful(path))]) {
      expect(refused.httpStatus).toBe(400);
      refusals.add(refused.error?.details.map(({ message }) => message).join() ?? '');
    }
  }
  expect(refusals.size).toBe(1);

  // Names are looked for on the node: what it cannot use harms this route alone, and all such files are told of alike.
  const reasons = new Set<string>();
  let timeoutSeconds = 10;
  for (const name of ['fifo', 'zero', 'missing']) {
    const { deploymentId, ...begun } = await deploy(name);
    expect(begun).toMatchObject({ httpStatus: 201 });
    let ended: Body = {};
    await until(`the deployment of ${name} to end`, async () => {
      ended = await operator('GET', `/deployments/${deploymentId}`);
      return ended.completedAt !== undefined;
    });
    expect(ended.status).toBe('Failed');
    reasons.add(String(ended.rollbackReason).replaceAll(name, 'X'));
    expect((await admin('PUT', '/routes/good', { timeoutSeconds: (timeoutSeconds += 1) })).httpStatus).toBe(200);
    await until('the other route to be changed', async () => {
      const { deployments = [] } = await operator('GET', '/deployments?routeId=good&limit=1');
      return deployments[0]?.status === 'Completed';
    });
    expect((await ask(gateway.proxyPort, '/good/x')).status).toBe(200);
    // What served before was put back.
    await until('the route to serve again', async () => (await ask(gateway.proxyPort, '/harmed/x')).status === 200);
  }
  expect(reasons.size).toBe(1);
  expect([...reasons][0]).toMatch(/out of service on .*harmed/);

  // Nor does a plain change hold up the process, also after it was started anew.
  expect((await admin('PUT', '/routes/harmed', harmful('fifo'))).httpStatus).toBe(200);
  await until('the record to say that the node cannot run it', async () => {
    const { deployments = [] } = await operator('GET', '/deployments?routeId=harmed&limit=1');
    return deployments[0]?.status === 'Failed';
  });
  for (let life = 0; life < 2; life++) {
    expect((await ask(gateway.proxyPort, '/harmed/x')).status).toBe(503);
    expect((await ask(gateway.proxyPort, '/good/x')).status).toBe(200);
    expect(await gateway.stop()).toBe(0);
    if (life === 0) await gateway.start();
  }
});

interface Body {
  readonly deploymentId?: string;
  readonly status?: string;
  readonly completedAt?: string;
  readonly rollbackReason?: string;
  readonly deployments?: readonly { readonly status: string }[];
  readonly error?: { readonly details: readonly { readonly message: string }[] };
}
