import type { SluiceServer } from '../peers/sluice.ts';
import { median } from '../statistics.ts';
import { GenerationWatch, replaceConfig } from './generation.ts';

/** From the first byte written to the file until all of eight connections are answered by the new configuration. */
export interface FileChange {
  readonly routes: number;
  readonly changes: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

/** Changes the file `changes` times, in place and by renaming in turn, each after the last has been seen. */
export async function measureFileChange(server: SluiceServer, routes: number, changes: number): Promise<FileChange> {
  const watch = await GenerationWatch.open(server, 8);
  const times: number[] = [];
  try {
    await watch.seen(0);
    for (let generation = 1; generation <= changes; generation += 1) {
      const text = server.configWith({ generation });
      const start = performance.now();
      replaceConfig(server, text, generation % 2 === 0 ? 'rename' : 'in place');
      await watch.seen(generation);
      times.push(performance.now() - start);
    }
  } finally {
    watch.close();
  }
  return { routes, changes, medianMs: median(times), maxMs: Math.max(...times) };
}
