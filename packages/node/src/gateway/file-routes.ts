import { checkFiles, RefusedError } from '@sluice/gateway';
import type { ApplyResult } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import type { GatewayRunner } from './gateway-runner.ts';

/** Where changes of the file are recorded: a control plane. */
export interface FileHistory {
  importFile(config: GatewayConfig, file: string): Promise<{ readonly revision: number }>;
}

export interface FileRoutesOptions {
  readonly runner: GatewayRunner;
  /** Undefined while its store is away. */
  readonly plane: () => FileHistory | undefined;
  /** Whether this process has a control plane at all; without one the gateway numbers revisions by itself. */
  readonly hasPlane: boolean;
  /** The path, as the user wrote it. */
  readonly file: string;
}

/**
 * Runs a gateway with the routes of its file. A control plane in the same process records each change as a revision while
 * the gateway prepares it, before it goes live.
 */
export class FileRoutes {
  readonly #runner: GatewayRunner;
  readonly #plane: () => FileHistory | undefined;
  readonly #hasPlane: boolean;
  readonly #file: string;
  #current: GatewayConfig | undefined;

  constructor({ runner, plane, hasPlane, file }: FileRoutesOptions) {
    this.#runner = runner;
    this.#plane = plane;
    this.#hasPlane = hasPlane;
    this.#file = file;
  }

  /** Starts the gateway with the routes of the file, as revision 0 while the store is away. */
  async start(config: GatewayConfig): Promise<void> {
    const revision = await this.#record(config);
    await this.#runner.start({ routes: config.routes, revision: revision ?? (this.#hasPlane ? 0 : undefined) });
    this.#current = config;
    // The store may have come while the gateway started.
    if (revision === undefined) await this.controlOpened();
  }

  /** Makes a changed file live. Rejects with a RefusedError, or with the error that kept the change from being recorded. */
  async apply(config: GatewayConfig): Promise<ApplyResult> {
    const problems = await checkFiles(config);
    if (problems.length > 0) throw new RefusedError(problems);
    const result = await this.#runner.applyAll(config, () => this.#record(config));
    this.#current = config;
    return result;
  }

  /** The store came after the gateway: the running routes get their revision. */
  async controlOpened(): Promise<void> {
    if (this.#current === undefined || this.#plane() === undefined) return;
    const revision = await this.#record(this.#current);
    await this.#runner.applyRoutes({ routes: this.#current.routes, revision });
  }

  async #record(config: GatewayConfig): Promise<number | undefined> {
    const outcome = await this.#plane()?.importFile(config, this.#file);
    return outcome?.revision;
  }
}
