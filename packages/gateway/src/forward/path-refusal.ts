import type { CompiledRoute } from '../compile/snapshot.ts';
import { receivedPath } from '../http1/request.ts';
import { hasDotSegment } from '../route/index.ts';
import type { Exchange } from './exchange.ts';

/**
 * Why a version of a route refuses a path; undefined if it accepts it. A version with normalised paths refuses what servers
 * read in different ways. A version with raw paths refuses dot segments, because its route was matched without them.
 */
export function pathRefusal({ head, onlyRaw }: Exchange, { rawPath }: CompiledRoute): string | undefined {
  if (!rawPath) return onlyRaw;
  return hasDotSegment(receivedPath(head).split('?', 1)[0]) ? 'the path contains a dot segment' : undefined;
}
