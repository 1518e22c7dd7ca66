import { watchFile, type FileWatcher } from '@sluice/service';

/** A watch over certificate files. */
export interface CertificateWatch {
  /** The configuration may name other files now. */
  refresh(): void;
  close(): void;
}

/** A certificate and its key are two files, and are rarely written in the same instant: wait for both. */
const SETTLE_MS = 50;

/** Calls back when any of the files has changed. */
export function watchCertificates(files: () => readonly string[], onChange: () => void): CertificateWatch {
  const watchers = new Map<string, FileWatcher>();
  let settling: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(settling);
    settling = setTimeout(onChange, SETTLE_MS);
  };
  const refresh = (): void => {
    const wanted = new Set(files());
    for (const [file, watcher] of watchers) {
      if (wanted.has(file)) continue;
      watcher.close();
      watchers.delete(file);
    }
    for (const file of wanted) if (!watchers.has(file)) watchers.set(file, watchFile(file, changed));
  };
  refresh();
  return {
    refresh,
    close() {
      clearTimeout(settling);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}
