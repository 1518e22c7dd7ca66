import { createProcess, ManagementApi } from '../kit/index.ts';
import type { LastingProcess } from '../kit/index.ts';
import { startVersionBackends } from './backends.ts';
import type { VersionBackends } from './backends.ts';
import { Deployer } from './deployer.ts';

/** Control processes and three nodes, with the backends of both versions. */
export interface DeliveryCluster extends Deployer {
  readonly controls: readonly LastingProcess[];
  readonly nodes: readonly LastingProcess[];
  readonly backends: VersionBackends;
  readonly api: ManagementApi;
  /** The last that each process wrote, for a person who wants to know why a test failed. */
  readonly outputs: () => string;
  readonly close: () => Promise<void>;
}

const password = 'correct horse battery staple';
const joinToken = 'a-token-of-the-delivery-tests';

/** Starts as many control processes, which have their store and their bus from `env`, and the nodes. */
export async function startDeliveryCluster({
  controls: count = 1,
  env = {},
}: { controls?: number; env?: Readonly<Record<string, string>> } = {}): Promise<DeliveryCluster> {
  const backends = await startVersionBackends();
  const controlEnv = { ...env, SLUICE_ADMIN_PASSWORD: password, SLUICE_JOIN_TOKEN: joinToken };
  const controls: LastingProcess[] = [];
  for (let index = 1; index <= count; index++) {
    const config = { access: { limitFactor: 0 } };
    controls.push(await createProcess({ name: `control-${index}`, role: 'control', config, env: controlEnv }));
  }
  for (const control of controls) await control.start();
  const controlUrls = controls.map(({ managementPort }) => `http://127.0.0.1:${managementPort}`);
  const nodes = await Promise.all(['node-1', 'node-2', 'node-3'].map((name) => createNode(name, controlUrls)));
  await Promise.all(nodes.map((node) => node.start()));
  const processes = [...nodes, ...controls];
  const api = new ManagementApi({ controls, password });
  return Object.assign(new Deployer(api, backends), {
    controls,
    nodes,
    backends,
    api,
    outputs: () => processes.map(({ name, output }) => `--- ${name}\n${output.slice(-1500)}`).join('\n'),
    close: async () => {
      await Promise.all(processes.map((process) => process.remove()));
      await backends.close();
    },
  });
}

function createNode(name: string, controlUrls: readonly string[]): Promise<LastingProcess> {
  return createProcess({
    name,
    role: 'gateway',
    config: { proxy: { workers: 1, exposeRevision: true }, node: { name, controlUrls: [...controlUrls] } },
    env: { SLUICE_JOIN_TOKEN: joinToken },
  });
}
