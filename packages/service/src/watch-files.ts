import { watchFile } from './file-watcher.ts';
import type { FileWatcher } from './file-watcher.ts';

/** A watch over several files. */
export interface FilesWatch {
  /** Other files may be wanted now. */
  refresh(): void;
  close(): void;
}

/** A certificate and its key are two files, and are rarely written in the same instant: wait for both. */
const settleMs = 50;

/**
 * Calls back when any of the files has changed, and once after the watch on a file begins, because the file may have changed
 * since it was read. The listener reads the files again, and does nothing when it has their content already.
 */
export function watchFiles(files: () => Iterable<string>, onChange: () => void): FilesWatch {
  const watchers = new Map<string, FileWatcher>();
  let settling: NodeJS.Timeout | undefined;
  let isClosed = false;
  const changed = (): void => {
    if (isClosed) return;
    clearTimeout(settling);
    settling = setTimeout(onChange, settleMs).unref();
  };
  const refresh = (): void => {
    const wanted = new Set(files());
    for (const [file, watcher] of watchers) {
      if (wanted.has(file)) continue;
      watcher.close();
      watchers.delete(file);
    }
    for (const file of wanted) {
      if (watchers.has(file)) continue;
      const watcher = watchFile(file, changed);
      watchers.set(file, watcher);
      void watcher.ready.then(changed);
    }
  };
  refresh();
  return {
    refresh,
    close() {
      isClosed = true;
      clearTimeout(settling);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
