import { setTimeout as delay } from 'node:timers/promises';
import { policyFiles } from '@sluice/model';
import type { GatewayConfig } from '@sluice/model';
import { fileSignature, watchFile } from '@sluice/service';
import type { FileWatcher, LayersResult } from '@sluice/service';
import { createConfigSource, firstLook } from './config-source.ts';
import type { ConfigSource, ConfigSourceOptions } from './config-source.ts';

/** A writer that pauses longer is taken to be done. */
const quietMs = 20;
/** A file is read this soon after it was written, since it is looked at again before it is believed. */
const eagerMs = 2;

/**
 * Watches the files a configuration is made of (the file itself, secrets that `_FILE` variables name, certificates) and
 * carries every change to the gateway: a good configuration goes live, a bad one is refused with every problem and its line
 * while the last good one stays, equal content changes nothing. `reload()` serves SIGHUP.
 */
export function watchConfigSource(options: ConfigSourceOptions): ConfigSource {
  const watchers = new Map<string, FileWatcher>();
  let closed = false;

  const source = createConfigSource({
    ...options,
    async load() {
      for (;;) {
        const settled = await settling([...watchers.keys()]);
        const loaded = await options.load();
        if (!(await settled()) && !closed) continue;
        if (!closed) follow(loaded);
        return loaded;
      }
    },
  });
  const follow = (loaded: LayersResult<GatewayConfig>): void => {
    const own = new Set(loaded.files);
    const wanted = new Set([...own, ...(loaded.ok ? filesNamedBy(loaded.config) : [])]);
    for (const [file, watcher] of watchers) {
      // A refused configuration names no certificates, but those of the one that is live still count.
      if (wanted.has(file) || !loaded.ok) continue;
      watcher.close();
      watchers.delete(file);
    }
    for (const file of wanted) {
      if (watchers.has(file)) continue;
      // Without the file the configuration cannot be read, and is refused until the file is back.
      const onMissing = own.has(file) ? () => void source.reload('file is gone') : undefined;
      const watch = { eagerMs, ...(onMissing && { onMissing }) };
      watchers.set(
        file,
        watchFile(file, () => void source.reload('file changed'), watch),
      );
    }
  };
  void begin(source, watchers);
  return {
    reload: (reason) => source.reload(reason),
    async close() {
      closed = true;
      for (const watcher of watchers.values()) watcher.close();
      await source.close();
    },
  };
}

/**
 * Looks at files before they are read. What it returns is called when they have been read, and looks again: whether nobody
 * has written meanwhile, with time enough for a writer to go on.
 */
async function settling(files: readonly string[]): Promise<() => Promise<boolean>> {
  const look = (): Promise<string> => Promise.all(files.map(fileSignature)).then((each) => each.join());
  const began = performance.now();
  const first = await look();
  return async () => {
    if (files.length === 0) return true;
    await delay(Math.max(0, quietMs - (performance.now() - began)));
    return first === (await look());
  };
}

/** What was written between the load at the start and the first look of the watchers would otherwise stay unseen. */
async function begin(source: ConfigSource, watchers: ReadonlyMap<string, FileWatcher>): Promise<void> {
  await source.reload(firstLook);
  await Promise.all([...watchers.values()].map((watcher) => watcher.ready));
  await source.reload(firstLook);
}

function filesNamedBy(config: GatewayConfig): string[] {
  const certificates = config.proxy.tls?.certificates ?? [];
  const authorities = config.routes.flatMap((route) => route.backends.map((backend) => backend.tls?.caFile));
  const ofPolicies = config.routes.flatMap((route) => policyFiles(route).map(({ name }) => name));
  return [
    ...certificates.flatMap(({ certFile, keyFile }) => [certFile, keyFile]),
    ...authorities,
    ...ofPolicies,
  ].filter((file) => file !== undefined);
}
