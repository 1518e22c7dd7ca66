import { join } from 'node:path';
import { openControlPlane } from '../../../packages/control/src/index.ts';
import { parseConfig } from '../../../packages/model/src/index.ts';
import { createLogger, createManagementServer } from '../../../packages/service/src/index.ts';

/** A control plane in this process, on the usual store of a folder. */
export interface RunningControl {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a control plane on a free port, without limits and without a gateway. `admin` has the password. */
export async function runControl(folder: string, adminPassword: string): Promise<RunningControl> {
  const store = { url: `sqlite:${join(folder, '.sluice/sluice.db')}` };
  const prometheus = { url: 'http://127.0.0.1:1' };
  const parsed = parseConfig({
    store,
    management: { port: 0 },
    access: { adminPassword, limitFactor: 0 },
    deployments: { prometheus },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const log = createLogger({ output: process.stderr, level: 'error' });
  const control = await openControlPlane({ config: parsed.config, log, version: '0.0.0' });
  const { status, handler } = control;
  const server = createManagementServer({ host: '127.0.0.1', port: 0, status, handler });
  const port = await server.listen();
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await server.close();
      await control.close();
    },
  };
}
