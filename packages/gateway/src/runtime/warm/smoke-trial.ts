import type { RouteConfig, SmokeRequest } from '@sluice/model';
import type { Delay } from '../../health/index.ts';
import type { OwnDoor, SmokeContext } from './smoke.ts';

/** A smoke request that fails is tried again after this time. */
const retryMs = 1_000;
/** The longest wait for the answer to one. */
const answerMs = 10_000;

/** Sends one smoke request; resolves with a problem or undefined. */
export type SendSmoke = (smoke: SmokeRequest, context: SmokeContext) => Promise<string | undefined>;

/** What a trial is made of. */
export interface SmokeTrialParts {
  readonly candidate: RouteConfig;
  readonly warm: { readonly probeToken: string; readonly smoke: readonly SmokeRequest[] } | undefined;
  readonly door: OwnDoor | undefined;
  readonly delay: Delay;
  readonly send: SendSmoke;
}

/** The smoke requests of one candidate: sent together, and those that fail again and again until they pass. */
export class SmokeTrial {
  readonly #parts: SmokeTrialParts;
  readonly #ending = new AbortController();
  /** What has not passed yet, and why not, as far as that is known. */
  #open: readonly { readonly smoke: SmokeRequest; readonly problem: string | undefined }[];
  #resting = false;
  #running = false;
  #cancelRest: () => void = () => {};

  constructor(parts: SmokeTrialParts) {
    this.#parts = parts;
    this.#open = (parts.warm?.smoke ?? []).map((smoke) => ({ smoke, problem: undefined }));
  }

  /** The problems; an empty list when all have passed. */
  get problems(): readonly string[] {
    return this.#open.map(
      ({ smoke, problem }) =>
        problem ?? `The smoke request ${smoke.method} ${smoke.path.split('?', 1)[0]} has not been answered yet.`,
    );
  }

  /** Sends what has not passed, unless it is under way or was sent a moment ago. */
  run(): void {
    if (this.#open.length === 0 || this.#running || this.#resting || this.#ending.signal.aborted) return;
    this.#running = true;
    void this.#sendAll();
  }

  /** Ends it; answers that are still awaited are ignored. */
  close(): void {
    this.#cancelRest();
    this.#ending.abort('the deployment has moved on');
  }

  async #sendAll(): Promise<void> {
    const tried = await Promise.all(this.#open.map(async ({ smoke }) => ({ smoke, problem: await this.#send(smoke) })));
    this.#running = false;
    if (this.#ending.signal.aborted) return;
    this.#open = tried.filter(({ problem }) => problem !== undefined);
    if (this.#open.length === 0) return;
    this.#resting = true;
    this.#cancelRest = this.#parts.delay(retryMs, () => (this.#resting = false));
  }

  async #send(smoke: SmokeRequest): Promise<string | undefined> {
    const { candidate, warm, door, delay, send } = this.#parts;
    if (warm === undefined || door === undefined)
      return 'The gateway has no port of its own to send smoke requests to.';
    const tooLong = new AbortController();
    const cancel = delay(answerMs, () => tooLong.abort(`not within ${answerMs / 1000} seconds`));
    const signal = AbortSignal.any([tooLong.signal, this.#ending.signal]);
    try {
      return await send(smoke, { door, candidate, probeToken: warm.probeToken, signal });
    } finally {
      cancel();
    }
  }
}
