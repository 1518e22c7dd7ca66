import { openControlPlane } from '@sluice/control';
import { parseConfig } from '@sluice/model';
import { createLogger, createManagementServer } from '@sluice/service';
import { join } from 'node:path';
import { freePort } from '@sluice/service/testing';

/** A control plane in this process, on the usual store of a folder. */
export interface StartedControlPlane {
  readonly url: string;
  close(): Promise<void>;
}

/** The password of `admin` there. */
export const adminPassword = 'a password for tests';

/**
 * Starts a control plane with its API on a port that nobody takes when it is closed; nobody proxies, so nobody runs its revisions.
 * It takes any number of requests, since tests look again and again.
 */
export async function startControlPlane(folder: string): Promise<StartedControlPlane> {
  const store = { url: `sqlite:${join(folder, '.sluice/sluice.db')}` };
  const parsed = parseConfig({ store, management: { port: 0 }, access: { adminPassword, limitFactor: 0 } });
  if (!parsed.ok) throw new Error('the configuration of the test is not valid');
  const log = createLogger({ output: process.stderr, level: 'error' });
  const control = await openControlPlane({ config: parsed.config, log, version: '0.0.0' });
  const { status, handler } = control;
  const server = createManagementServer({ host: '127.0.0.1', port: await freePort(), status, handler });
  const port = await server.listen();
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await server.close();
      await control.close();
    },
  };
}
