/** What the headers of a request tell about the page that sent it. */
import type { PolicyRequest } from '../../policy.ts';

/** Whether a person goes to a page. Anything else, such as a script's request, cannot follow a redirect to a login. */
export function isNavigation(request: PolicyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (request.header('sec-purpose')?.includes('prefetch') === true) return false;
  const mode = request.header('sec-fetch-mode');
  if (mode !== undefined) return mode === 'navigate';
  return (
    request.header('accept')?.includes('text/html') === true &&
    request.header('x-requested-with') === undefined &&
    request.header('upgrade') === undefined
  );
}

/** Whether a request comes from a page of this origin, or was typed in: other pages may neither log people in nor out. */
export function isOwn(request: PolicyRequest, origin: string): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const from = request.header('origin') ?? request.header('referer');
  return from !== undefined && URL.canParse(from) && new URL(from).origin === origin;
}
