import { isEligible } from '../candidate.ts';
import type { Candidate, Choose } from '../candidate.ts';

/**
 * Keeps a client on its backend by weighted rendezvous hashing: each backend scores the client's address by a hash of
 * both, and the best usable score wins. Adding or losing one of n backends moves the clients of that one only, about
 * 1/n; a client whose backend is out goes to its second best, so that the load spreads over all others.
 *
 * Backends are known by name, so the order in the configuration does not matter.
 */
export function ipHash<C extends Candidate>(candidates: readonly C[], seed: number): Choose<C> {
  const hashes = Int32Array.from(candidates, (candidate) => mix(hashText(candidate.name, seed)));
  const isWeighted = candidates.some((candidate) => candidate.weight !== candidates[0].weight);
  return function chooseByAddress(facts, tried) {
    const client = hashText(facts.clientAddress, seed);
    let best: C | undefined;
    let bestScore = -Infinity;
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at];
      if (!isEligible(candidate, tried)) continue;
      const uniform = (mix(client ^ hashes[at]) >>> 0) + 0.5;
      // perf: with equal weights the logarithm changes no order (table.bench.ts, ns per choose)
      const score = isWeighted ? Math.log(uniform / 0x1_0000_0000) / candidate.weight : uniform;
      if (score > bestScore) {
        best = candidate;
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
