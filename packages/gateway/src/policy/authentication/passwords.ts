import { createHmac, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { addressBlock } from '../../state/index.ts';

/** What the thread is asked. It answers whether the password has the hash. */
export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

/** A password that somebody sent. */
export interface SentPassword extends PasswordQuestion {
  /** The address of the sender. */
  readonly client: string;
}

/** A question that waits for the thread, with its answer. */
interface Waiting {
  readonly question: PasswordQuestion;
  readonly answer: (matches: boolean | undefined) => void;
}

/** Sent to the thread that checks passwords, and back. */
export type PasswordThread = Pick<Worker, 'postMessage' | 'on' | 'unref' | 'terminate'>;

const startThread = (): PasswordThread => new Worker(new URL('./password-thread.ts', import.meta.url));

/** All that wait are answered within a few seconds. */
const mostWaiting = 16;
/** One client must not take the places of all others. */
const mostWaitingPerClient = 4;
/** A login that was good a short time ago is good, as long as its hash is the same. */
const verifiedMs = 60_000;
const mostVerified = 10_000;
/** A thread that nobody needs ends. */
const idleMs = 60_000;

/**
 * Checks passwords in a thread of its own, one at a time, so that requests do not wait for that. Good ones are known for a
 * minute, as a digest with a key that nobody else has. When too many wait, further ones are not checked.
 */
export class Passwords {
  readonly #start: () => PasswordThread;
  readonly #now: () => number;
  readonly #secret = randomBytes(32);
  /** When each good login was checked, by its digest. */
  readonly #verified = new Map<string, number>();
  readonly #running = new Map<string, Promise<boolean | undefined>>();
  readonly #clients = new Map<string, number>();
  readonly #queue: Waiting[] = [];
  #thread: PasswordThread | undefined;
  #asked: Waiting | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor({ start = startThread, now = Date.now }: { start?: () => PasswordThread; now?: () => number } = {}) {
    this.#start = start;
    this.#now = now;
  }

  /** Whether a password has a hash; undefined when that cannot be found out now. */
  matches(sent: SentPassword): boolean | undefined | Promise<boolean | undefined> {
    const digest = createHmac('sha256', this.#secret).update(`${sent.hash}\0${sent.password}`).digest('base64');
    if (this.#isVerified(digest)) return true;
    const running = this.#running.get(digest);
    if (running !== undefined) return running;
    const client = addressBlock(sent.client);
    const own = this.#clients.get(client) ?? 0;
    if (this.#queue.length >= mostWaiting || own >= mostWaitingPerClient) return undefined;
    this.#clients.set(client, own + 1);
    const checked = this.#check(sent).then((matches) => {
      this.#running.delete(digest);
      this.#leave(client);
      if (matches === true) this.#remember(digest);
      return matches;
    });
    this.#running.set(digest, checked);
    return checked;
  }

  #isVerified(digest: string): boolean {
    const at = this.#verified.get(digest);
    return at !== undefined && this.#now() - at < verifiedMs;
  }

  /** The oldest gives way. A wrong password takes no place. */
  #remember(digest: string): void {
    this.#verified.delete(digest);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= mostVerified) this.#verified.delete(oldest);
    this.#verified.set(digest, this.#now());
  }

  #leave(client: string): void {
    const rest = (this.#clients.get(client) ?? 1) - 1;
    if (rest === 0) this.#clients.delete(client);
    else this.#clients.set(client, rest);
  }

  #check({ hash, password }: PasswordQuestion): Promise<boolean | undefined> {
    return new Promise((answer) => {
      this.#queue.push({ question: { hash, password }, answer });
      this.#next();
    });
  }

  #next(): void {
    if (this.#asked !== undefined) return;
    this.#asked = this.#queue.shift();
    if (this.#asked === undefined) return this.#rest();
    clearTimeout(this.#idle);
    this.#thread ??= this.#begin();
    this.#thread.postMessage(this.#asked.question);
  }

  #begin(): PasswordThread {
    const thread = this.#start();
    thread.unref();
    thread.on('message', (matches: boolean) => this.#answered(matches));
    // A thread that failed has answered nothing: that is not the same as a wrong password.
    thread.on('error', () => {});
    thread.on('exit', () => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      this.#answered(undefined);
    });
    return thread;
  }

  #answered(matches: boolean | undefined): void {
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.answer(matches);
    this.#next();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      const thread = this.#thread;
      this.#thread = undefined;
      void thread?.terminate();
    }, idleMs).unref();
  }
}
