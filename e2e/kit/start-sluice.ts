import type { GatewayConfigInput } from '@sluice/model';
import { createConfigFolder } from './config-folder.ts';
import type { ConfigFolder } from './config-folder.ts';
import { healthOf } from './health.ts';
import type { Health } from './health.ts';
import { sumOf } from './metric-sum.ts';
import { SluiceProcess } from './spawn-sluice.ts';
import { until } from './until.ts';

/** Settings of one start. `ready: false` does not wait for readiness. */
export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly ready?: boolean;
}

/** Starts `sluice start --config FILE` on free ports and waits until it is ready. */
export async function startSluice(
  config: GatewayConfigInput,
  { env = {}, ready = true }: StartOptions = {},
): Promise<Sluice> {
  const sluice = new Sluice(await createConfigFolder('e2e', config), env);
  if (ready) await sluice.ready(sluice.managementPort);
  return sluice;
}

/** A gateway running as a process of its own, with its configuration file in a temporary folder. */
export class Sluice extends SluiceProcess {
  readonly proxyPort: number;
  readonly managementPort: number;
  readonly configFile: string;
  readonly #folder: ConfigFolder;

  constructor(folder: ConfigFolder, env: Readonly<Record<string, string>>) {
    super(['start', '--config', folder.file], { env, cwd: folder.path });
    this.#folder = folder;
    this.proxyPort = folder.proxyPort;
    this.managementPort = folder.managementPort;
    this.configFile = folder.file;
  }

  /** Replaces the file in one step and returns at once. */
  writeConfig(config: GatewayConfigInput): Promise<void> {
    return this.#folder.write(config);
  }

  /** Writes the file and waits until the log says that it is live; it has to differ from the present one. */
  async apply(config: GatewayConfigInput): Promise<void> {
    const before = this.output.length;
    await this.writeConfig(config);
    const isLive = (): boolean => this.output.slice(before).includes('"configuration is live"');
    await until('the configuration to be live', isLive, { detail: () => this.output.slice(-4000) });
  }

  /**
   * Waits until the start is over. A port that can be connected to does not say so: a start opens each of them for a moment,
   * to see whether it is free.
   */
  async running(): Promise<void> {
    const isRunning = (): boolean => this.output.includes('"message":"running"');
    await until('the start to be over', isRunning, { detail: () => this.output.slice(-4000) });
  }

  /** What `/health` on the management port says. */
  health(): Promise<Health> {
    return healthOf(this.managementPort);
  }

  /** Waits until `/health` names at least this revision. */
  async waitForRevision(revision: number): Promise<void> {
    const isThere = async (): Promise<boolean> => (await this.health()).revision >= revision;
    await until(`revision ${revision}`, isThere, { detail: () => this.output.slice(-4000) });
  }

  /** The sum of all samples of a metric whose labels contain `labels`; 0 when there are none. */
  async metric(name: string, labels?: Record<string, string>): Promise<number> {
    return sumOf(await this.#metrics(), name, labels);
  }

  /** Waits until no client is connected and no request is under way. */
  idle(): Promise<void> {
    return this.#none('api_gateway_active_connections', 'api_gateway_active_requests');
  }

  /** Waits until no request is under way, since a client has its response before the request is counted. */
  counted(): Promise<void> {
    return this.#none('api_gateway_active_requests');
  }

  /** As for any process; the folder is gone afterwards. */
  override async stop(): Promise<number | NodeJS.Signals> {
    try {
      return await super.stop();
    } finally {
      await this.#folder.remove();
    }
  }

  async #none(...names: string[]): Promise<void> {
    const areZero = async (): Promise<boolean> => {
      const text = await this.#metrics();
      return names.every((name) => sumOf(text, name) === 0);
    };
    await until(`${names.join(' and ')} to be 0`, areZero, { detail: () => this.output.slice(-4000) });
  }

  async #metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.managementPort}/metrics`)).text();
  }
}
