import type { CompiledRoute } from '../compile/snapshot.ts';
import { receivedPath } from '../http1/request.ts';
import { hasDotSegment } from '../route/index.ts';
import type { Exchange } from './exchange.ts';

/**
 * Why a version of a route does not take a path, if it does not. One that brings paths to their normal form refuses what
 * servers read differently. One that passes them on as they came refuses dot segments: its route was found by what is left
 * when these are resolved.
 */
export function pathRefusal({ head, onlyRaw }: Exchange, { rawPath }: CompiledRoute): string | undefined {
  if (!rawPath) return onlyRaw;
  return hasDotSegment(receivedPath(head).split('?', 1)[0]) ? 'the path contains a dot segment' : undefined;
}
