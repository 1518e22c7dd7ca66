import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSmallFile } from './small-file.ts';
import { Turns } from './turns.ts';

/** A running watch. */
export interface FileWatcher {
  /** Resolves once the file as it is now has been seen, so that any later change is reported. */
  readonly ready: Promise<void>;
  close(): void;
}

/** All in milliseconds. */
export interface FileWatchOptions {
  /** Quiet time after the last event before the file is read; a writer that pauses longer is seen twice. */
  readonly debounceMs?: number;
  /** The same after an event of the file itself. It may be short for a caller that checks what it read (`fileSignature`). */
  readonly eagerMs?: number;
  /** Called once when the file has been away for two looks without an event. Its return is reported as a change. */
  readonly onMissing?: () => void;
  /** Time between two looks without an event: file systems may have no events, or lose some. */
  readonly pollMs?: number;
}

type Settings = Required<Pick<FileWatchOptions, 'debounceMs' | 'eagerMs' | 'onMissing'>>;

/** A file that became empty is believed only after this time: editors and `>` empty it before they write. */
const emptyDelayMs = 150;
/** A configuration of 10,000 routes has a tenth of it. */
const mostBytes = 64 * 1024 * 1024;

/**
 * Calls back whenever the content of a file has changed. Watches the folder, not the file, because editors replace the file
 * and Kubernetes swaps a symbolic link beside it; events alone are not believed. A file that was written anew is reported
 * even when it holds what it held before: whoever read it in between has seen something else. A file that is missing for
 * a moment is not a change.
 */
export function watchFile(path: string, onChange: () => void, options: FileWatchOptions = {}): FileWatcher {
  const { debounceMs = 20, eagerMs = debounceMs, onMissing = () => {} } = options;
  const running = new FileWatch(resolve(path), onChange, { debounceMs, eagerMs, onMissing });
  const ready = running.look(false);
  const poll = setInterval(() => void running.poll(), options.pollMs ?? 1000);
  poll.unref();
  return {
    ready,
    close() {
      clearInterval(poll);
      running.close();
    },
  };
}

const missing = 'missing';

/** A text that changes whenever the file is written, replaced or removed. */
export function fileSignature(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    (found) => `${found.ino}:${found.size}:${found.mtimeNs}`,
    () => missing,
  );
}

class FileWatch {
  readonly #file: string;
  readonly #onChange: () => void;
  readonly #settings: Settings;
  readonly #folders = new Map<string, FSWatcher>();
  #closed = false;
  #seen: Buffer | undefined;
  #signature = '';
  /** How many polls in a row have not found the file. */
  #polledMissing = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Looks run one after the other: an older content never overtakes a newer one. */
  readonly #turns = new Turns();

  constructor(file: string, onChange: () => void, settings: Settings) {
    this.#file = file;
    this.#onChange = onChange;
    this.#settings = settings;
  }

  look(report: boolean): Promise<void> {
    return this.#turns.run(() => this.#compare(report));
  }

  async poll(): Promise<void> {
    await this.#follow();
    const signature = await fileSignature(this.#file);
    if (signature !== this.#signature) this.#schedule(this.#settings.debounceMs);
    this.#polledMissing = signature === missing ? this.#polledMissing + 1 : 0;
    if (this.#polledMissing === 2 && !this.#closed) this.#settings.onMissing();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #schedule(quietMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(true), quietMs);
  }

  async #compare(report: boolean): Promise<void> {
    await this.#follow();
    const before = this.#signature;
    let content = await this.#read();
    if (content?.length === 0 && this.#seen !== undefined) {
      await delay(emptyDelayMs, undefined, { ref: false });
      content = await this.#read();
    }
    if (content !== undefined) this.#polledMissing = 0;
    const written = this.#signature !== before;
    if (this.#closed || content === undefined || (!written && this.#seen?.equals(content) === true)) return;
    this.#seen = content;
    if (report) this.#onChange();
  }

  /** Watches the folder of the name and the folder it really leads to, which changes when a link is swapped. */
  async #follow(): Promise<void> {
    const real = await realpath(this.#file).catch(() => this.#file);
    const wanted = new Set([dirname(this.#file), dirname(real)]);
    if (this.#closed) return;
    for (const folder of this.#folders.keys()) if (!wanted.has(folder)) this.#unwatch(folder);
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    try {
      const { debounceMs, eagerMs } = this.#settings;
      const watcher = watch(folder, { persistent: false }, (_, name) =>
        this.#schedule(name === basename(this.#file) ? eagerMs : debounceMs),
      );
      // The folder was removed, or the system lost events: the poll goes on and watches anew.
      watcher.on('error', () => this.#unwatch(folder));
      this.#folders.set(folder, watcher);
    } catch {
      // No such folder yet, or no watches left (ENOSPC): the poll alone sees changes until there are.
    }
  }

  #unwatch(folder: string): void {
    this.#folders.get(folder)?.close();
    this.#folders.delete(folder);
  }

  /** Undefined while the file is missing or unreadable: that is not a change of its content. */
  async #read(): Promise<Buffer | undefined> {
    // Before the content: what is written meanwhile then shows as a change later, instead of never.
    this.#signature = await fileSignature(this.#file);
    return readSmallFile(this.#file, { mostBytes }).catch(() => undefined);
  }
}
