import type { Clock, Logger } from '@sluice/service';
import { writeSnapshot } from './snapshot-file.ts';
import type { NodeSnapshot } from './snapshot-format.ts';

export interface SnapshotWriterOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Replaced in tests. */
  readonly write?: typeof writeSnapshot;
}

/** Time between two writes, in milliseconds: a burst of revisions is written once or twice. */
const restMs = 1_000;
/** Time to wait after a failed write, in milliseconds. */
const retryMs = 30_000;

/** Keeps the newest snapshot on disk. A failure is a warning: the node serves without the file. */
export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  #due: NodeSnapshot | undefined;
  #writing: Promise<void> | undefined;
  #resting: (() => void) | undefined;
  #failed = false;
  #closed = false;

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  /** Writes this snapshot instead of one that is still due. */
  put(snapshot: NodeSnapshot): void {
    if (this.#closed) return;
    this.#due = snapshot;
    if (this.#writing === undefined && this.#resting === undefined) this.#begin();
  }

  /** Writes the snapshot that is still due. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#resting?.();
    this.#resting = undefined;
    await this.#writing;
    if (this.#due !== undefined && !this.#failed) await this.#write();
    this.#due = undefined;
  }

  #begin(): void {
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      if (!this.#closed) this.#rest();
    });
  }

  #rest(): void {
    this.#resting = this.#options.clock.after(this.#failed ? retryMs : restMs, () => {
      this.#resting = undefined;
      if (this.#due !== undefined) this.#begin();
    });
  }

  async #write(): Promise<void> {
    const { file, clock, log, write = writeSnapshot } = this.#options;
    const snapshot = this.#due!;
    this.#due = undefined;
    try {
      await write(file, snapshot, new Date(clock.now()).toISOString());
      if (this.#failed) log.info('the snapshot is written to disk again', { file, revision: snapshot.revision });
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) {
        log.warn(
          'the snapshot could not be written (node.snapshotFile); a restart without the control plane would start from an older one, or not at all',
          {
            file,
            revision: snapshot.revision,
            error,
          },
        );
      }
      this.#failed = true;
      this.#due ??= snapshot;
    }
  }
}
