import type { FollowedRequest, RequestFilter } from './followed-request.ts';

/** What a filter looks at. */
type Facts = Pick<FollowedRequest, 'route' | 'backend' | 'method' | 'status' | 'durationMs' | 'traceId'>;

/** Whether somebody who follows requests by this filter is told of one. */
export function isFollowed(filter: RequestFilter, request: Facts): boolean {
  const { route, backend, method, status, slowerThanMs, traceId } = filter;
  if (route !== undefined && request.route !== route) return false;
  if (backend !== undefined && request.backend !== backend) return false;
  if (method !== undefined && request.method !== method) return false;
  if (traceId !== undefined && request.traceId !== traceId) return false;
  if (slowerThanMs !== undefined && request.durationMs <= slowerThanMs) return false;
  if (status === undefined) return true;
  return status.endsWith('xx')
    ? Math.floor(request.status / 100) === Number(status[0])
    : request.status === Number(status);
}
