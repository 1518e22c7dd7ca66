import { codeOf, messageOf } from '@sluice/service';
import type { Logger } from '@sluice/service';
import { randomUUID } from 'node:crypto';
import { demoConfig, demoRoute } from './demo-config.ts';
import { findRunningDemo, writeDemoFile } from '../session/demo-file.ts';
import { startDemoBackends } from './start-demo-backends.ts';

/** The running demo: its backends, and the configuration that leads to them. */
export type Demo = Awaited<ReturnType<typeof startDemo>>;

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

/** Starts the demo backends on 9001 to 9003, or on free ports when one of those is taken. */
export async function startDemo(log: Logger) {
  const onStop = (line: string): void => log.warn(line);
  const backends = await startDemoBackends({ host, ports: [9001, 9002, 9003], onStop }).catch((error: unknown) => {
    if (codeOf(error) === undefined) throw error;
    return startDemoBackends({ host, onStop });
  });
  const { stable, candidate, bad } = backends;
  const urls = { stable: stable.url, candidate: candidate.url, bad: bad.url };
  let removeFile = (): void => {};
  return {
    ...urls,
    config: demoConfig,
    /** What the control plane starts with. */
    seed: { routes: [demoRoute(urls)], backends: [] },
    /** Lets `sluice demo` find the demo, until its end. Needs the password of `admin`; a failure is only logged. */
    async publish({ folder, management, proxy, password }: DemoPlace): Promise<void> {
      if (password === undefined || (await findRunningDemo(folder)) !== undefined) return;
      try {
        const key = await createKey(management, password);
        removeFile = await writeDemoFile(folder, { version: 1, pid: process.pid, management, proxy, ...urls, key });
      } catch (error) {
        log.warn('sluice demo cannot log in; the rest of the demo works', { reason: messageOf(error) });
      }
    },
    async close(): Promise<void> {
      removeFile();
      await backends.close();
    },
  };
}

const dayMs = 86_400_000;

/** A key for a day, with the rights to change a route and to deploy it. */
async function createKey(url: string, password: string): Promise<string> {
  const { createClient } = await import('@sluice/control/client');
  const client = createClient({ url });
  await client.login({ body: { username: 'admin', password } });
  const name = `demo ${randomUUID()}`;
  const expiresAt = new Date(Date.now() + dayMs).toISOString();
  const scopes = ['routes:read', 'routes:write', 'deployments:*'];
  const { key } = await client.createApiKey({ body: { name, role: 'Admin', scopes, expiresAt } });
  return key;
}
