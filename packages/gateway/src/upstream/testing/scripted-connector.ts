import { noReader } from '../../wire/wire.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Connected, Connector } from '../connector.ts';

/** A wire that leads nowhere: it notes what is done to it, and the test plays its peer. */
export class IdleWire implements Wire {
  reader = noReader;
  destroyed = false;
  readonly exclusive = true;
  readonly writeFailed = false;
  readonly remoteAddress = '192.0.2.1';
  readonly secure = false;
  readonly truncated = false;
  readonly borrows = false;
  readonly pendingBytes = 0;
  readonly full = false;
  written = '';

  writeText(text: string): boolean {
    this.written += text;
    return true;
  }

  writeBytes(chunk: Buffer, start: number, end: number): boolean {
    this.written += chunk.toString('latin1', start, end);
    return true;
  }

  pause(): void {}
  resume(): void {}
  readExclusively(): void {}

  finish(): void {
    this.destroy();
  }

  reset(): void {
    this.destroy();
  }

  /** As a real wire does, tells its reader a turn later. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    setImmediate(() => this.reader.onClose(undefined));
  }
}

/** One attempt to connect, which the test decides. */
export interface ScriptedAttempt {
  readonly wire: IdleWire;
  cancelled: boolean;
  succeed(): void;
  fail(error: string): void;
}

/** A connector whose attempts wait for the test. */
export interface ScriptedConnector extends Connector {
  readonly attempts: readonly ScriptedAttempt[];
}

/** Makes a connector without attempts. */
export function createScriptedConnector(): ScriptedConnector {
  const attempts: ScriptedAttempt[] = [];
  return {
    attempts,
    connect(done: Connected) {
      const wire = new IdleWire();
      const attempt: ScriptedAttempt = {
        wire,
        cancelled: false,
        succeed: () => done(wire, undefined),
        fail: (error) => done(undefined, error),
      };
      attempts.push(attempt);
      return { cancel: () => void (attempt.cancelled = true) };
    },
  };
}
