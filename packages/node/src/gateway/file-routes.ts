import { checkFiles, RefusedError } from '@sluice/gateway';
import type { ApplyResult } from '@sluice/gateway';
import type { GatewayConfig } from '@sluice/model';
import type { GatewayRunner } from './gateway-runner.ts';

/** Where changes of the file are recorded: a control plane. */
export interface FileHistory {
  importFile(config: GatewayConfig, file: string): Promise<{ readonly revision: number }>;
}

/** What such a gateway is run with. */
export interface FileRoutesOptions {
  readonly runner: GatewayRunner;
  /** Undefined as long as its store is away. */
  readonly plane: () => FileHistory | undefined;
  /** Whether this process has a control plane at all; without one the gateway counts by itself. */
  readonly hasPlane: boolean;
  /** As the user wrote it. */
  readonly file: string;
}

/**
 * Runs a gateway whose routes are those of its file. The control plane, if this process has one, records each change as a
 * revision before it goes live, while the gateway prepares it, so that history and numbers are the same as everywhere.
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

  /** Starts the gateway with what the file says; under the number 0 as long as the store is away. */
  async start(config: GatewayConfig): Promise<void> {
    const revision = await this.#record(config);
    await this.#runner.start({ routes: config.routes, revision: revision ?? (this.#hasPlane ? 0 : undefined) });
    this.#current = config;
    // The store may have come while the gateway started.
    if (revision === undefined) await this.controlOpened();
  }

  /** Makes a changed file live. Rejects with a RefusedError, and with what keeps the change from being recorded. */
  async apply(config: GatewayConfig): Promise<ApplyResult> {
    const problems = await checkFiles(config);
    if (problems.length > 0) throw new RefusedError(problems);
    const result = await this.#runner.applyAll(config, () => this.#record(config));
    this.#current = config;
    return result;
  }

  /** The store came after the gateway: what runs already gets its number. */
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
