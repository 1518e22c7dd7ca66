import { deploymentSettings } from '@sluice/model';
import type { Login } from '../../access/index.ts';
import { createSubject, documentsOf, password } from './subject.ts';
import type { Documents, Subject } from './subject.ts';

/** A store with something of everything in it, and what is needed to speak of it. */
export interface Seed {
  readonly documents: Documents;
  /** Open sessions, by the name of the user. */
  readonly logins: Readonly<Record<'admin' | 'operator' | 'viewer' | 'revoked' | 'disabled', Login>>;
  /** Values that mean something, by the name of a parameter or field. */
  readonly known: Readonly<Record<string, readonly string[]>>;
}

const context = { actor: { kind: 'system', name: 'seed' }, address: 'local', traceId: 'seed' } as const;
const author = { kind: 'system', name: 'seed' } as const;

/** Makes the seed: users of every role, keys, consumers, routes, backends and a history of a few revisions. */
export async function makeSeed(): Promise<Seed> {
  const subject = await createSubject();
  const { access } = subject;
  await access.bootstrap({ adminPassword: password });
  const logins = await makeUsers(subject);
  const deploymentIds = await deploy(subject);
  // From here on: to go back further would be to change routes that are being deployed.
  const { revision } = subject.configuration;
  await changeConfiguration(subject);
  const seeded = { name: 'seeded', role: 'Viewer', scopes: ['routes:read'], owner: 'admin' } as const;
  const { apiKey } = await access.apiKeys.create(seeded, context);
  const { consumerId } = await access.consumers.create({ consumerId: 'consumer-1', name: 'Consumer' }, context);
  const { consumerKey } = await access.consumers.addKey(consumerId, { name: 'first' }, context);
  const sessions = await access.sessions.list('viewer');
  const documents = await documentsOf(subject.store);
  await subject.close();
  return {
    documents,
    logins,
    known: {
      username: ['viewer', 'operator', 'admin'],
      sessionId: sessions.map(({ sessionId }) => sessionId),
      apiKeyId: [apiKey.apiKeyId],
      consumerId: [consumerId],
      keyId: [consumerKey.keyId],
      routeId: ['route-1', 'route-2'],
      backendId: ['shared', 'spare', 'route-1~own'],
      revision: [1, 2, 3].map((number) => String(revision + number)),
      deploymentId: deploymentIds,
      configVersion: ['next'],
      environment: ['Development', 'Production'],
      nodeId: ['node-1'],
      password: [password],
      currentPassword: [password],
      newPassword: ['another horse, another battery'],
      refreshToken: [logins.viewer.refreshToken],
    },
  };
}

async function makeUsers({ access }: Subject): Promise<Seed['logins']> {
  const logIn = (username: string): Promise<Login> =>
    access.login({ username, password, address: '127.0.0.1', traceId: 'seed' });
  const make = async (username: string, role: 'Operator' | 'Viewer' | 'Admin'): Promise<Login> => {
    await access.users.create({ username, password, role }, context);
    return logIn(username);
  };
  const logins = {
    admin: await logIn('admin'),
    operator: await make('operator', 'Operator'),
    viewer: await make('viewer', 'Viewer'),
    revoked: await make('revoked', 'Admin'),
    disabled: await make('disabled', 'Admin'),
  };
  const [session] = await access.sessions.list('revoked');
  if (session === undefined) throw new Error('the session to be revoked is not there');
  await access.sessions.revoke(session.sessionId, context);
  await access.users.update('disabled', { isEnabled: false }, context);
  return logins;
}

async function changeConfiguration({ configuration, versions }: Subject): Promise<void> {
  const own = { name: 'own', url: 'http://127.0.0.1:9001' };
  const backends = [own, { backendId: 'shared' }];
  const shared = ['shared', 'spare'].map((name) => ({ name, url: `http://${name}.internal:9002` }));
  await configuration.apply({ routes: [], backends: shared }, { author, prune: false });
  await configuration.createRoute({ name: 'route-1', pathPattern: '/one/**', backends }, { author, reason: 'first' });
  await configuration.createRoute({ name: 'route-2', backends: [own] }, { author });
  const kept = { routeId: 'route-1', configVersion: 'next', route: { name: 'route-1', backends: [own] } };
  await versions.create(kept, { author });
}

/** One that waits for an approval, one that runs, one that is paused, and one that is over. */
async function deploy({ deployments, configuration }: Subject): Promise<string[]> {
  const actor = { kind: 'user', name: 'author', isAdmin: true } as const;
  const create = async (name: string, settings: Parameters<typeof deploymentSettings.parse>[0], more = {}) => {
    const route = { name, pathPattern: `/${name}`, backends: [{ name: 'own', url: 'http://127.0.0.1:9001' }] };
    await configuration.createRoute(route, { author });
    const routes = [{ routeId: name, route: { ...route, version: '2.0', ...more } }];
    return deployments.create({ routes, settings: deploymentSettings.parse(settings) }, { actor });
  };
  const over = await create('over', {});
  await deployments.act(over.deploymentId, { kind: 'rollback', reason: 'seed' }, { actor });
  const running = await create('running', { sticky: { by: 'client' }, testers: [{ header: 'x-try', value: '*' }] });
  const paused = await create('paused', { strategy: 'ABTest' });
  await deployments.act(paused.deploymentId, { kind: 'pause' }, { actor });
  const waiting = await create('waiting', {}, { environment: 'Production' });
  return [waiting, running, paused, over].map(({ deploymentId }) => deploymentId);
}
