// Run: node packages/gateway/src/state/consumers.bench.ts — what a key costs with ten consumers and with 100,000, and the memory.
// Times are CPU times of the thread.
import { consumerKeyDigest } from '@sluice/service';
import { ConsumerDirectory } from './consumer-directory.ts';
import { createConsumerMemory } from './consumer-memory.ts';
import { ConsumerRegistry } from './consumer-registry.ts';
import { consumerNumber, keyNumber } from './testing/consumers.ts';

const times = 50_000;
const before = process.memoryUsage.rss();
const few = filled(10);
const many = filled(100_000);
const memory = (process.memoryUsage.rss() - before) / 2 ** 20;

console.log(`100,000 consumers were written in ${many.writtenMs.toFixed(0)} ms; ${memory.toFixed(1)} MB in all`);
const keys = Array.from({ length: times }, (_, i) => textOf(keyNumber((i * 7919) % 100_000)));
const keysOfFew = Array.from({ length: times }, (_, i) => textOf(keyNumber(i % 10)));
const unknown = keys.map((key) => textOf(`${key}x`));
for (let round = 0; round < 2; round++) {
  report('hash of a key alone', keys, consumerKeyDigest);
  report('known key, 10 consumers', keysOfFew, (key) => few.directory.find(key));
  report('known key, 100,000 consumers', keys, (key) => many.directory.find(key));
  report('unknown key, 10 consumers', unknown, (key) => few.directory.find(key));
  report('unknown key, 100,000 consumers', unknown, (key) => many.directory.find(key));
}
const changed = Array.from({ length: 1000 }, (_, i) => consumerNumber(i, { name: `changed ${i}` }));
const changeMs = cpuMs(() => changed.forEach((consumer) => many.registry.put('control', consumer)));
console.log(`a change of one of 100,000: ${changeMs.toFixed(1)} µs`);

/** A text of its own in memory, as that of each request is. */
function textOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function filled(count: number): { registry: ConsumerRegistry; directory: ConsumerDirectory; writtenMs: number } {
  const consumers = createConsumerMemory();
  const registry = new ConsumerRegistry(consumers);
  const writtenMs = cpuMs(() => {
    for (let i = 0; i < count; i++) registry.put('control', consumerNumber(i));
  });
  return { registry, directory: new ConsumerDirectory(consumers), writtenMs };
}

function report(name: string, texts: readonly string[], run: (text: string) => unknown): void {
  let best = Infinity;
  for (let round = 0; round < 6; round++) {
    const ms = cpuMs(() => {
      for (const text of texts) run(text);
    });
    best = Math.min(best, (ms * 1e6) / texts.length);
  }
  console.log(`${name.padEnd(40)} ${best.toFixed(0)} ns`);
}

function cpuMs(run: () => void): number {
  const start = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}
