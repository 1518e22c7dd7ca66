import type { Agent } from 'node:http';
import { addressBlock, FairQueue } from '../../state/index.ts';
import type { HelperCounts, HelperKind } from '../../state/index.ts';
import type { Secret } from '../secret-texts.ts';
import { HelperCircuit } from './helper-circuit.ts';
import { HelperError } from './helper-error.ts';
import { sendQuestion, speakerOf } from './send-question.ts';
import type { HelperAnswer, Question } from './send-question.ts';

export interface HelperOptions {
  /** As its questions are counted. */
  readonly kind: HelperKind;
  readonly counts: Pick<HelperCounts, 'count'>;
  /** From the question to the end of the answer, the wait for a place included, in milliseconds. */
  readonly timeoutMs: number;
  /** The authorities that verify it; undefined for the usual ones. */
  readonly authorities?: Secret | undefined;
  /** The largest answer in bytes. */
  readonly mostBytes?: number;
  /** The clock of the circuit, in milliseconds. */
  readonly now?: () => number;
}

/** A question is asked for a client, so that no client takes the places of all others. */
export interface Asking {
  readonly clientAddress: string;
}

/** Questions at a time, by worker. */
const mostAtOnce = 64;
/** Questions that wait for one of these places. */
const mostWaiting = 512;
/** One client address has at most this many questions under way or waiting, so that half of the places stay for others. */
const mostOfOne = (mostAtOnce + mostWaiting) / 2;
const defaultMostBytes = 64 * 1024;
/** Shorter than what servers usually keep idle connections for. */
const idleMs = 4_000;

interface Waiter {
  readonly address: string;
  readonly go: () => void;
}

/**
 * A server that a policy asks, such as an introspection endpoint. It bounds what is asked at once, gives clients fair turns,
 * and asks a helper that keeps failing only now and then. An answer with a status of 500 or more is a failure.
 */
export class Helper {
  readonly #options: HelperOptions;
  readonly #circuit = new HelperCircuit();
  readonly #queue = new FairQueue<Waiter>();
  /** Questions under way or waiting, by client address. */
  readonly #held = new Map<string, number>();
  readonly #agents = new Map<string, Agent>();
  #underWay = 0;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  /** Asks, and resolves with an answer whose status is below 500. Rejects with a HelperError only. */
  async ask(question: Question, { clientAddress }: Asking): Promise<HelperAnswer> {
    const { kind, counts, timeoutMs } = this.#options;
    const address = addressBlock(clientAddress);
    const until = performance.now() + timeoutMs;
    this.#hold(address);
    try {
      await this.#place(address, question.url, timeoutMs);
      try {
        const answer = await this.#askNow(question, Math.max(1, Math.ceil(until - performance.now())));
        counts.count(kind, 'answered');
        return answer;
      } finally {
        this.#leave();
      }
    } catch (error) {
      counts.count(kind, error instanceof HelperError && !error.wasAsked ? 'skipped' : 'failed');
      throw error;
    } finally {
      this.#release(address);
    }
  }

  async #askNow(question: Question, timeoutMs: number): Promise<HelperAnswer> {
    const { origin } = question.url;
    const { authorities, mostBytes = defaultMostBytes, now = () => performance.now() } = this.#options;
    if (authorities !== undefined && authorities.text === undefined)
      throw new HelperError(`${origin} is not asked: its caFile cannot be read`, { wasAsked: false });
    if (!this.#circuit.admits(now()))
      throw new HelperError(`${origin} is not asked: it failed several times in a row`, { wasAsked: false });
    try {
      const agent = this.#agentFor(question.url);
      const answer = await sendQuestion(question, { agent, ca: authorities?.text, timeoutMs, mostBytes });
      if (answer.status >= 500) throw new HelperError(`${origin} answered with status ${answer.status}`);
      this.#circuit.succeeded();
      return answer;
    } catch (error) {
      this.#circuit.failed(now());
      throw error;
    }
  }

  #agentFor(url: URL): Agent {
    const known = this.#agents.get(url.protocol);
    if (known !== undefined) return known;
    // An agent of its own takes no proxy from the environment (NODE_USE_ENV_PROXY is for the global one).
    const agent = new (speakerOf(url).Agent)({ keepAlive: true, maxFreeSockets: 8, timeout: idleMs });
    this.#agents.set(url.protocol, agent);
    return agent;
  }

  /** Waits for a place. */
  async #place(address: string, { origin }: URL, timeoutMs: number): Promise<void> {
    const held = this.#held.get(address) ?? 0;
    if (this.#queue.size >= mostWaiting || held > mostOfOne)
      throw new HelperError(`${origin} is not asked: too many questions wait for it`, { wasAsked: false });
    if (this.#underWay < mostAtOnce) return void this.#underWay++;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { address, go: () => (clearTimeout(timer), resolve()) };
      const timer = setTimeout(() => {
        this.#queue.remove(waiter);
        reject(new HelperError(`${origin} was not asked in time`, { wasAsked: false }));
      }, timeoutMs);
      this.#queue.push(waiter);
    });
  }

  /** Gives the place to the next question, if one waits. */
  #leave(): void {
    const address = this.#queue.next((other) => this.#held.get(other) ?? 0);
    const next = address === undefined ? undefined : this.#queue.take(address);
    if (next === undefined) this.#underWay--;
    else next.go();
  }

  #hold(address: string): void {
    this.#held.set(address, (this.#held.get(address) ?? 0) + 1);
  }

  #release(address: string): void {
    const left = (this.#held.get(address) ?? 1) - 1;
    if (left === 0) this.#held.delete(address);
    else this.#held.set(address, left);
  }
}
