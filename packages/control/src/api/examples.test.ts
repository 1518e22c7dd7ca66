import { parseConfig } from '@sluice/model';
import type { WholeConfiguration } from '../configuration/index.ts';
import { apiBase, operationExamples, operationList } from '@sluice/model/api';
import type { OperationId } from '@sluice/model/api';
import { createLogger, createManagementServer } from '@sluice/service';
import type { ManagementServer } from '@sluice/service';
import { afterEach, expect, test } from 'vitest';
import { openControlPlane } from '../process/control-plane.ts';
import type { ControlPlane } from '../process/control-plane.ts';
import { documentedOperations } from './testing/documented-operations.ts';
import { ownGateway } from './testing/own-gateway.ts';
import { answerValidator, requestValidator } from './testing/validators.ts';

test('every operation has an example, which is valid by the schemas of the document', () => {
  for (const { id, pointer, parameters, requestBody } of documentedOperations) {
    const { params = {}, query = {}, body, answer } = operationExamples[id];
    const given: Readonly<Record<string, unknown>> = { ...params, ...query };
    const isShown = Object.keys(given).length > 0 || body !== undefined || answer !== undefined;
    // There is nothing to send to a logout, nor to read of it.
    expect([id, isShown]).toEqual([id, id !== 'logout']);
    const names = parameters.filter((one) => one.in !== 'header').map(({ name }) => name);
    expect(names, id).toEqual(expect.arrayContaining(Object.keys(given)));
    const missing = parameters.filter(({ name, required }) => required && !(name in given)).map(({ name }) => name);
    expect([id, missing]).toEqual([id, []]);
    expect([id, body !== undefined]).toEqual([id, requestBody !== undefined]);
    const json = 'content/application~1json/schema';
    const problems = [
      ...parameters.flatMap(({ name }, index) =>
        name in given ? requestValidator(`${pointer}/parameters/${index}/schema`)(given[name]) : [],
      ),
      ...(body === undefined ? [] : requestValidator(`${pointer}/requestBody/${json}`)(body)),
      ...(answer === undefined ? [] : answerValidator(`${pointer}/responses/200/${json}`)(answer)),
    ];
    expect([id, problems]).toEqual([id, []]);
  }
});

type Answer = Readonly<Record<string, unknown>>;

/** A control plane on which somebody tries the examples, and those that were tried. */
class Trial {
  readonly sent = new Set<OperationId>();
  token = '';
  readonly #control: ControlPlane;
  readonly #server: ManagementServer;
  readonly #url: string;

  constructor(control: ControlPlane, server: ManagementServer, port: number) {
    this.#control = control;
    this.#server = server;
    this.#url = `http://127.0.0.1:${port}${apiBase}`;
  }

  /** Another person has to approve the deployments to these environments. */
  static async start(approvalFor: readonly string[] = []): Promise<Trial> {
    const { password: adminPassword } = operationExamples.login.body as { password: string };
    const parsed = parseConfig({
      store: { url: 'memory:' },
      access: { adminPassword },
      deployments: { approvalFor: [...approvalFor] },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const log = createLogger({ output: process.stderr, level: 'error' });
    const control = await openControlPlane({
      config: parsed.config,
      log,
      version: '1.2.3',
      ownGateway: () => ownGateway,
    });
    const { status, handler } = control;
    const server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler });
    const trial = new Trial(control, server, await server.listen());
    await trial.logIn('login');
    return trial;
  }

  seedRoutes(): Promise<void> {
    const { configuration } = operationExamples.applyConfiguration.body as { configuration: WholeConfiguration };
    return this.#control.seed(configuration, 'test');
  }

  async logIn(id: 'login' | 'refresh', body?: Answer): Promise<Answer> {
    const answer = await this.send(id, {}, body);
    this.token = answer['token'] as string;
    return answer;
  }

  /** Sends the example of an operation; `known` replaces the ids that nobody can know before. */
  async send(id: OperationId, known: Answer = {}, body = operationExamples[id].body): Promise<Answer> {
    const { method, path } = operationList.find((one) => one.id === id)!;
    const { params = {}, query = {} } = operationExamples[id];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      String((known[name] as string | undefined) ?? params[name]),
    );
    const parameters = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const response = await fetch(`${this.#url}${filled}?${String(parameters)}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status >= 300) throw new Error(`${id}: ${response.status} ${text}`);
    this.sent.add(id);
    return (text === '' ? {} : JSON.parse(text)) as Answer;
  }

  /** Sends several, one after the other. */
  async sendAll(ids: readonly OperationId[], known: Answer = {}): Promise<void> {
    for (const id of ids) await this.send(id, known);
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#control.close();
  }
}

let trials: Trial[] = [];
afterEach(async () => {
  await Promise.all(trials.map((trial) => trial.close()));
  trials = [];
});

test('the examples that change something succeed one after the other', async () => {
  const first = await Trial.start();
  trials.push(first);
  const { refreshToken } = await first.logIn('login');
  await first.logIn('refresh', { refreshToken });
  await first.sendAll([
    'createRoute',
    'updateRoute',
    'createRouteVersion',
    'createBackend',
    'updateBackend',
    'explainRequest',
    'checkHealth',
  ]);
  const running = await first.send('createDeployment');
  await first.sendAll(['pauseDeployment', 'resumeDeployment', 'promoteDeployment', 'rollbackDeployment'], running);
  await first.sendAll(['diffConfiguration', 'applyConfiguration', 'confirmConfiguration', 'restoreRevision']);
  const { apiKey } = await first.send('createApiKey');
  await first.send('deleteApiKey', apiKey as Answer);
  await first.sendAll(['createConsumer', 'updateConsumer']);
  const { consumerKey } = await first.send('createConsumerKey');
  await first.send('deleteConsumerKey', consumerKey as Answer);
  await first.sendAll(['deleteConsumer', 'createUser', 'updateUser', 'deleteUser', 'applyConfiguration']);
  await first.sendAll(['deleteBackend', 'deleteRoute', 'setDeliveryLine', 'setLogLevel', 'resetLogLevel']);
  const { sessions } = await first.send('listSessions', { username: 'admin' });
  await first.send('deleteSession', { username: 'admin', ...(sessions as Answer[]).at(-1) });
  await first.logIn('login');
  await first.send('changePassword');

  const guarded = await Trial.start(['Development']);
  trials.push(guarded);
  await guarded.seedRoutes();
  await guarded.sendAll(['createRouteVersion', 'createUser']);
  await guarded.send('rejectDeployment', await guarded.send('createDeployment'));
  const waiting = await guarded.send('createDeployment');
  const { username, password } = operationExamples.createUser.body as Record<string, string>;
  await guarded.logIn('login', { username, password });
  await guarded.send('approveDeployment', waiting);
  await guarded.send('logout');

  const sent = new Set([...first.sent, ...guarded.sent]);
  const changing = operationList.filter(({ method, auth }) => method !== 'GET' && auth !== 'node').map(({ id }) => id);
  // There is no provider here.
  expect(changing.filter((id) => !sent.has(id))).toEqual(['oidcToken']);
});
