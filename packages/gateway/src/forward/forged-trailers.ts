import { looseName } from '../policy/identity-headers.ts';
import type { Exchange } from './exchange.ts';

/** What a client is told whose trailers name a header that only the gateway may set. */
export const forgedTrailer = 'a trailer has the name of a header that only the gateway may set';

/** Whether such a trailer has come. A backend that merges trailers into the head would believe it. */
export function forgesIdentity({ route, client }: Exchange): boolean {
  const { trailers } = client.body;
  const names = route?.identityHeaders;
  return trailers.length > 0 && names !== undefined && trailers.some((name) => names.has(looseName(name)));
}
