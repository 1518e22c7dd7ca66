import { checkFiles, RefusedError } from '@sluice/gateway';
import type { ApplyResult } from '@sluice/gateway';
import { isAnyMeasured } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import type { GatewayRunner } from './gateway-runner.ts';

/** The configuration of a file. */
export interface FileConfig extends GatewayConfig {
  /** Where a route stands in the file, such as `sluice.yaml:12-19`. */
  readonly placeOf?: ((routeId: string) => string | undefined) | undefined;
}

/** Where changes of the file are recorded: a control plane. */
export interface FileHistory {
  importFile(config: FileConfig, file: string): Promise<Recorded>;
  /** Whether changes of the file are measured: the gateway then runs what the control plane says. */
  isMeasured(config: FileConfig): Promise<boolean>;
}

interface Recorded {
  readonly revision: number;
  readonly changed: boolean;
  readonly isTrial: boolean;
}

export interface FileRoutesOptions {
  readonly runner: GatewayRunner;
  /** Undefined while its store is away. */
  readonly plane: () => FileHistory | undefined;
  /** Whether this process has a control plane at all; without one the gateway numbers revisions by itself. */
  readonly hasPlane: boolean;
  /** Whether the node can start with the last good configuration on its disk. */
  readonly hasSnapshot: () => boolean;
  /** Makes the gateway follow the control plane from now on. */
  readonly follow: () => void;
  /** The path, as the user wrote it. */
  readonly file: string;
}

/**
 * Runs a gateway with the routes of its file. A control plane in the same process records each change as a revision while
 * the gateway prepares it, before it goes live. Once changes are measured, the control plane decides what of the file is
 * live, and the gateway follows it.
 */
export class FileRoutes {
  readonly #options: FileRoutesOptions;
  #current: FileConfig | undefined;
  #follows = false;

  constructor(options: FileRoutesOptions) {
    this.#options = options;
  }

  /** Whether the gateway takes its routes from the control plane. */
  get follows(): boolean {
    return this.#follows;
  }

  /** Starts the gateway with the routes of the file, as revision 0 while the store is away, unless it follows the control plane. */
  async start(config: FileConfig): Promise<void> {
    const { runner, hasPlane, hasSnapshot, plane } = this.#options;
    this.#follows = await this.#isMeasured(config);
    const recorded = await this.#record(config);
    // While the store is away, the configuration that served last is on the disk.
    const isLeftToControl = this.#follows && (recorded !== undefined || hasSnapshot());
    const revision = recorded?.revision ?? (hasPlane ? 0 : undefined);
    if (!isLeftToControl) await runner.start({ routes: config.routes, revision });
    this.#current = { ...config, consumers: undefined };
    // The store may have come while the gateway started.
    if (recorded === undefined && plane() !== undefined) await this.controlOpened();
  }

  /** Makes a changed file live. Rejects with a RefusedError, or with the error that kept the change from being recorded. */
  async apply(config: FileConfig): Promise<ApplyResult & { readonly isTrial?: boolean }> {
    const problems = await checkFiles(config);
    if (problems.length > 0) throw new RefusedError(problems);
    await this.#followIfMeasured(config);
    const result = this.#follows ? await this.#applyByControl(config) : await this.#applyAtOnce(config);
    // The gateway knows the consumers, and revisions have none.
    this.#current = { ...config, consumers: undefined };
    return result;
  }

  /** The store came after the gateway: the running routes get their revision. */
  async controlOpened(): Promise<void> {
    const current = this.#current;
    if (current === undefined || this.#options.plane() === undefined) return;
    await this.#followIfMeasured(current);
    const recorded = await this.#record(current);
    if (!this.#follows)
      await this.#options.runner.applyRoutes({ routes: current.routes, revision: recorded?.revision });
  }

  #applyAtOnce(config: FileConfig): Promise<ApplyResult> {
    return this.#options.runner.applyAll(withoutPlaces(config), async () => (await this.#record(config))?.revision);
  }

  async #applyByControl(config: FileConfig): Promise<ApplyResult & { readonly isTrial: boolean }> {
    if (this.#options.plane() === undefined) throw new StoreAwayError();
    const settings = await this.#options.runner.applySettings(withoutPlaces(config));
    const { changed, revision, isTrial } = (await this.#record(config))!;
    return { ...settings, changed: settings.changed || changed, revision, isTrial };
  }

  /** A file may begin to be measured at any time. After that, the control plane decides for as long as the process lives. */
  async #followIfMeasured(config: FileConfig): Promise<void> {
    if (this.#follows || !(await this.#isMeasured(config))) return;
    this.#follows = true;
    this.#options.follow();
  }

  async #isMeasured(config: FileConfig): Promise<boolean> {
    return (
      (await this.#options.plane()?.isMeasured(config)) ?? (this.#options.hasPlane && isAnyMeasured(config.changes))
    );
  }

  async #record(config: FileConfig): Promise<Recorded | undefined> {
    return this.#options.plane()?.importFile(config, this.#options.file);
  }
}

/** The gateway compares its configuration with the one before, in which the places differ. */
function withoutPlaces({ placeOf: _placeOf, ...config }: FileConfig): GatewayConfig {
  return config;
}

/** The file is read again when the store is back. */
class StoreAwayError extends Error {
  override readonly name = 'StoreUnavailableError';

  constructor() {
    super('the store cannot be reached yet: the change of the file waits for it');
  }
}
