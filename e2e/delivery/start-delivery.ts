import type { GatewayConfigInput } from '@sluice/model';
import { createProcess, ManagementApi } from '../kit/index.ts';
import type { LastingProcess } from '../kit/index.ts';
import { startVersionBackends } from './backends.ts';
import type { VersionBackends } from './backends.ts';
import { Deployer } from './deployer.ts';

/** One process that is control plane and gateway, on SQLite, with the backends of both versions. */
export interface Delivery extends Deployer {
  readonly process: LastingProcess;
  readonly backends: VersionBackends;
  readonly api: ManagementApi;
  /** Deployments as another person makes them, an Operator. */
  readonly as: (username: string) => Promise<Deployer>;
  /** Ends it; rejects when the process ever logged an error. */
  readonly close: () => Promise<void>;
}

/** Of everybody. */
const password = 'correct horse battery staple';

/** Starts the process and waits until it is ready; `env` is that of its first life. */
export async function startDelivery(
  config: GatewayConfigInput = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Delivery> {
  const backends = await startVersionBackends();
  const process = await createProcess({
    name: 'delivery',
    role: 'all',
    config: {
      ...config,
      access: { limitFactor: 0, ...config.access },
      proxy: { workers: 2, exposeRevision: true, ...config.proxy },
    },
    env: { SLUICE_ADMIN_PASSWORD: password },
  });
  await process.start(env);
  const api = new ManagementApi({ controls: [process], password });
  const close = async (): Promise<void> => {
    await process.remove();
    await backends.close();
    const complaints = process.output.split('\n').filter((line) => line.includes('"level":"error"'));
    if (complaints.length > 0) throw new Error(`the process logged errors: ${complaints.join('\n')}`);
  };
  const as = async (username: string): Promise<Deployer> => {
    await api.acknowledged('POST', '/gateway/users', { username, password, role: 'Operator' });
    return new Deployer(new ManagementApi({ controls: [process], username, password }), backends);
  };
  return Object.assign(new Deployer(api, backends), { process, backends, api, as, close });
}
