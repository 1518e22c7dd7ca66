import { isEligible } from '../strategy.ts';
import type { ChoosableBackend, Choose } from '../strategy.ts';

/**
 * Keeps a client on its backend by weighted rendezvous hashing: each backend scores the client's address by a hash of
 * both, and the best usable score wins. Adding or losing one of n backends moves the clients of that one only, about
 * 1/n; a client whose backend is out goes to its second best, so that the load spreads over all others.
 *
 * Backends are known by name, so the order in the configuration does not matter.
 */
export function ipHash<C extends ChoosableBackend>(backends: readonly C[], seed: number): Choose<C> {
  const hashes = Int32Array.from(backends, (backend) => mix(hashText(backend.name, seed)));
  const isWeighted = backends.some((backend) => backend.weight !== backends[0].weight);
  return function chooseByAddress(request, tried) {
    const client = hashText(request.clientAddress, seed);
    let best: C | undefined;
    let bestScore = -Infinity;
    for (let at = 0; at < backends.length; at++) {
      const backend = backends[at];
      if (!isEligible(backend, tried)) continue;
      const uniform = (mix(client ^ hashes[at]) >>> 0) + 0.5;
      // perf: with equal weights the logarithm changes no order (table.bench.ts, ns per choose)
      const score = isWeighted ? Math.log(uniform / 0x1_0000_0000) / backend.weight : uniform;
      if (score > bestScore) {
        best = backend;
        bestScore = score;
      }
    }
    return best;
  };
}

function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Spreads each bit over all (the finaliser of MurmurHash3): FNV-1a alone leaves similar addresses similar. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
