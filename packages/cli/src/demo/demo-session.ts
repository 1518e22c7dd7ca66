import type { GatewayConfigInput, JsonObject } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { randomUUID } from 'node:crypto';
import { DemoBackendsError, demoConfig, demoRoute, leaveDemoPass, startDemoBackends } from './index.ts';
import type { DemoBackends } from './index.ts';

/** The demo: its backends, and the configuration that leads to them. */
export interface DemoSession {
  readonly stable: string;
  readonly candidate: string;
  readonly bad: string;
  readonly config: GatewayConfigInput;
  /** What the control plane begins with. */
  readonly seed: { readonly routes: readonly JsonObject[]; readonly backends: readonly JsonObject[] };
  /**
   * Lets `sluice demo` in: leaves a pass in a folder, until the end. Without a password of `admin` there is none, and with a
   * failure it says so: the demo itself goes on.
   */
  admit(place: DemoPlace): Promise<void>;
  close(): Promise<void>;
}

/** Where the demo runs. */
export interface DemoPlace {
  readonly folder: string;
  /** Addresses, such as `http://127.0.0.1:5000`. */
  readonly management: string;
  readonly proxy: string;
  /** Of `admin`. */
  readonly password: string | undefined;
}

const host = '127.0.0.1';

/** Starts the demo backends on 9001 to 9003, or on free ports when those are taken. */
export async function startDemo(log: Logger): Promise<DemoSession> {
  const say = (line: string): void => log.warn(line);
  const backends = await startDemoBackends({ host, ports: [9001, 9002, 9003], log: say }).catch((error: unknown) => {
    if (!(error instanceof DemoBackendsError)) throw error;
    return startDemoBackends({ host, log: say });
  });
  return sessionOf(backends, log);
}

function sessionOf({ stable, candidate, bad, close }: DemoBackends, log: Logger): DemoSession {
  const urls = { stable: stable.url, candidate: candidate.url, bad: bad.url };
  let removePass = (): void => {};
  return {
    ...urls,
    config: demoConfig,
    seed: { routes: [demoRoute(urls)], backends: [] },
    async admit({ folder, management, proxy, password }) {
      if (password === undefined) return;
      try {
        const key = await makeKey(management, password);
        const addresses = { management, proxy, ...urls };
        removePass = await leaveDemoPass(folder, { version: 1, pid: process.pid, ...addresses, key });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn('sluice demo cannot log in; the rest of the demo works', { reason });
      }
    },
    async close() {
      removePass();
      await close();
    },
  };
}

const dayMs = 86_400_000;

/** A key that is good for a day, for what the demonstrations do: they change a route and deploy it. */
async function makeKey(url: string, password: string): Promise<string> {
  const { createClient } = await import('@sluice/control/client');
  const client = createClient({ url });
  await client.login({ body: { username: 'admin', password } });
  const name = `demo ${randomUUID()}`;
  const expiresAt = new Date(Date.now() + dayMs).toISOString();
  const scopes = ['routes:read', 'routes:write', 'deployments:*'];
  const { key } = await client.createApiKey({ body: { name, role: 'Admin', scopes, expiresAt } });
  return key;
}
