import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfigInput } from '@sluice/model';
import { freePort, replaceFile } from '@sluice/service/testing';

/** A temporary folder with a configuration file. Unless the configuration says otherwise, it has these two ports. */
export interface ConfigFolder {
  readonly path: string;
  readonly file: string;
  readonly proxyPort: number;
  readonly managementPort: number;
  /** Replaces the file in one step: write, then rename. */
  write(config: GatewayConfigInput): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a folder with this configuration. */
export async function createConfigFolder(name: string, config: GatewayConfigInput): Promise<ConfigFolder> {
  const path = await mkdtemp(join(tmpdir(), `sluice-${name}-`));
  const file = join(path, 'sluice.json');
  const [proxyPort, managementPort] = [await freePort(), await freePort()];
  const write = async ({ proxy, management, ...rest }: GatewayConfigInput): Promise<void> => {
    const whole = {
      ...rest,
      proxy: { port: proxyPort, ...proxy },
      management: { port: managementPort, ...management },
    };
    replaceFile(file, JSON.stringify(whole, null, 1));
  };
  await write(config);
  return { path, file, proxyPort, managementPort, write, remove: () => rm(path, { recursive: true, force: true }) };
}
