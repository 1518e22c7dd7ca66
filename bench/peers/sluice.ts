import { join, resolve } from 'node:path';
import { freePort } from '../lab.ts';
import type { Lab, Server } from '../lab.ts';
import { sluiceConfig } from './sluice-config.ts';
import type { SluiceConfigOptions } from './sluice-config.ts';
import type { StartPeer } from './peer.ts';

const ownCheckout = resolve(import.meta.dirname, '../..');

/** How a Sluice is started: as its file says, and from which checkout. */
type StartOptions = Omit<SluiceConfigOptions, 'port' | 'managementPort'> & { readonly checkout?: string };

/** A running Sluice together with the file it watches. */
export interface SluiceServer extends Server {
  readonly configFile: string;
  readonly managementPort: number;
  /** The configuration it was started with, rendered again with these changes. */
  configWith(changes: Partial<SluiceConfigOptions>): string;
}

/** Sluice with one worker and 1,000 routes, and with its control plane, as it starts by default. */
export const startSluice: StartPeer = (lab, upstreamPort) =>
  startWithTls(lab, { upstreamPort, workers: 1, routes: 1000 });

/** The same without a control plane. */
export const startSluiceAlone: StartPeer = (lab, upstreamPort) =>
  startWithTls(lab, { upstreamPort, workers: 1, routes: 1000, role: 'gateway' });

async function startWithTls(lab: Lab, options: Omit<SluiceConfigOptions, 'port' | 'managementPort'>): Promise<Server> {
  return startSluiceWith(lab, { ...options, tls: { port: await freePort(), ...lab.certificate() } });
}

/** Starts Sluice from a generated file, on the proxy core unless told otherwise; an Error with its last lines when it does not come up. */
export async function startSluiceWith(
  lab: Lab,
  { checkout = ownCheckout, ...options }: StartOptions,
  core: number | string | undefined = lab.proxyCore,
): Promise<SluiceServer> {
  const all = { ...options, port: await freePort(), managementPort: await freePort() };
  const configWith = (changes: Partial<SluiceConfigOptions>): string => sluiceConfig({ ...all, ...changes });
  const configFile = lab.write(`sluice-${all.port}.${options.format ?? 'yaml'}`, configWith({}));
  const server = await lab
    .start({
      name: options.role === 'gateway' ? 'sluice-alone' : 'sluice',
      command: process.execPath,
      args: [join(checkout, 'packages/sluice/bin/sluice.js'), 'start', '--config', configFile],
      port: all.port,
      tlsPort: all.tls?.port,
      core,
      cwd: lab.folder,
    })
    .catch((error: Error) => {
      throw new Error(`${error.message}\nThe others alone: npm run bench -- --only nginx,haproxy,fastify`, {
        cause: error,
      });
    });
  return { ...server, configFile, managementPort: all.managementPort, configWith };
}
