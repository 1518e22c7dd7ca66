import { openControlPlane } from '@sluice/control';
import { parseConfig } from '@sluice/model';
import { createLogger, createManagementServer } from '@sluice/service';
import { join } from 'node:path';

/** A control plane in this process, on the usual store of a folder. */
export interface StartedControlPlane {
  readonly url: string;
  close(): Promise<void>;
}

/** The password of `admin` there. */
export const adminPassword = 'a password for tests';

/** Starts a control plane with its API on a free port; nobody proxies, so nobody runs its revisions. */
export async function startControlPlane(folder: string): Promise<StartedControlPlane> {
  const store = { url: `sqlite:${join(folder, '.sluice/sluice.db')}` };
  const parsed = parseConfig({ store, management: { port: 0 }, access: { adminPassword } });
  if (!parsed.ok) throw new Error('the configuration of the test is not valid');
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
