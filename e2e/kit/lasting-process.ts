import type { GatewayConfigInput } from '@sluice/model';
import { createConfigFolder } from './config-folder.ts';
import type { ConfigFolder } from './config-folder.ts';
import { healthOf } from './health.ts';
import type { Health } from './health.ts';
import { spawnSluice } from './spawn-sluice.ts';
import type { SluiceProcess } from './spawn-sluice.ts';

/** What a process is made of. */
export interface ProcessOptions {
  readonly name: string;
  readonly role: 'all' | 'control' | 'gateway';
  readonly config: GatewayConfigInput;
  readonly env: Readonly<Record<string, string>>;
}

/** Prepares a process in a folder of its own; nothing runs before `start`. */
export async function createProcess({ name, role, config, env }: ProcessOptions): Promise<LastingProcess> {
  return new LastingProcess(name, env, await createConfigFolder(name, { ...config, role }));
}

/** A process that keeps its ports and its folder when it is killed and started again. */
export class LastingProcess {
  readonly name: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #folder: ConfigFolder;
  #life: SluiceProcess | undefined;
  /** What was written in lives that are over. */
  #before = '';

  constructor(name: string, env: Readonly<Record<string, string>>, folder: ConfigFolder) {
    this.name = name;
    this.#env = env;
    this.#folder = folder;
  }

  /** Where it works: its configuration and, unless told otherwise, its store are in there. */
  get folder(): string {
    return this.#folder.path;
  }

  get proxyPort(): number {
    return this.#folder.proxyPort;
  }

  get managementPort(): number {
    return this.#folder.managementPort;
  }

  /** Everything it has written, over all its lives. */
  get output(): string {
    return this.#before + (this.#life?.output ?? '');
  }

  /** Replaces the file in one step and returns at once. */
  writeConfig(config: GatewayConfigInput): Promise<void> {
    return this.#folder.write(config);
  }

  /** Waits for readiness. `env` is added to the environment in this life alone. */
  async start(env?: Readonly<Record<string, string>>): Promise<void> {
    this.#before = this.output;
    const { path: cwd, file } = this.#folder;
    this.#life = spawnSluice(['start', '--config', file, '--json'], { env: { ...this.#env, ...env }, cwd });
    await this.#life.ready(this.managementPort);
  }

  /** Resolves when it has ended by itself, or was ended. */
  async ended(): Promise<void> {
    await this.#life?.exited;
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end((life) => life.kill());
  }

  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | NodeJS.Signals | undefined> {
    return this.#end((life) => life.stop());
  }

  /** What `/health` says; undefined when it does not answer. */
  health(): Promise<Health | undefined> {
    return healthOf(this.managementPort).catch(() => undefined);
  }

  /** Kills it and removes its folder. */
  async remove(): Promise<void> {
    await this.kill();
    await this.#folder.remove();
  }

  async #end<T>(end: (life: SluiceProcess) => Promise<T>): Promise<T | undefined> {
    const life = this.#life;
    const result = life && (await end(life));
    // Somebody who waited for its end may have started it again already.
    if (this.#life !== life) return result;
    this.#before = this.output;
    this.#life = undefined;
    return result;
  }
}
