import type { GatewayConfigInput, JsonObject } from '@sluice/model';
import type { Logger } from '@sluice/service';
import { DemoBackendsError, demoConfig, demoRoute, startDemoBackends } from './demo/index.ts';
import type { DemoBackends } from './demo/index.ts';

/** The demo: its backends, and the configuration that leads to them. */
export interface DemoSession {
  readonly stable: string;
  readonly candidate: string;
  readonly config: GatewayConfigInput;
  /** What the control plane begins with. */
  readonly seed: { readonly routes: readonly JsonObject[]; readonly backends: readonly JsonObject[] };
  close(): Promise<void>;
}

const host = '127.0.0.1';

/** Starts the demo backends on 9001 and 9002, or on free ports when those are taken. */
export async function startDemo(log: Logger): Promise<DemoSession> {
  const say = (line: string): void => log.warn(line);
  const backends = await startDemoBackends({ host, ports: [9001, 9002], log: say }).catch((error: unknown) => {
    if (!(error instanceof DemoBackendsError)) throw error;
    return startDemoBackends({ host, log: say });
  });
  return sessionOf(backends);
}

function sessionOf({ stable, candidate, close }: DemoBackends): DemoSession {
  const urls = { stable: stable.url, candidate: candidate.url };
  return { ...urls, config: demoConfig, seed: { routes: [demoRoute(urls)], backends: [] }, close };
}
