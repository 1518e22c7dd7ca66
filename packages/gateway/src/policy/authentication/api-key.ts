import type { ApiKeyMethodConfig } from '@sluice/model';
import type { PolicyRequest } from '../policy.ts';
import { parametersNamed, withoutParameter } from '../query-parameters.ts';
import { challengeOf } from './challenge.ts';
import { consumerIdentity } from './consumer-lookup.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import type { AuthenticationMethod, AuthenticationOutcome } from './method.ts';

/** A longer key belongs to nobody, and is not worth hashing. */
const longestKey = 512;

const usualHeader = 'X-API-Key';

/** The method apiKey: the key of a consumer. A request that sends several keys is refused, even if they are the same. */
export function apiKey(config: ApiKeyMethodConfig, consumers: ConsumerLookup): AuthenticationMethod {
  const { header, query } = placesOf(config);
  const headerName = header?.toLowerCase();
  const challenge = challengeOf('ApiKey', {});
  const judge = (key: string, look: 'find' | 'peek'): AuthenticationOutcome => {
    if (key === '' || key.length > longestKey) return { refused: 'the API key is empty or too long' };
    const found = consumers[look](key);
    if (typeof found === 'string') return { refused: `the API key or its consumer is ${found}` };
    return { identity: { ...consumerIdentity(found), method: 'apiKey', keyId: found.keyId } };
  };
  const identify = (request: PolicyRequest, look: 'find' | 'peek'): AuthenticationOutcome | undefined => {
    const inHeader = headerName === undefined ? undefined : request.header(headerName);
    const inQuery = query === undefined ? [] : parametersNamed(request.query, query);
    const count = inQuery.length + (inHeader === undefined ? 0 : 1);
    if (count === 0) return undefined;
    if (count > 1 || (headerName !== undefined && request.isRepeated(headerName)))
      return { refused: 'several API keys were sent' };
    return judge(inHeader ?? inQuery[0], look);
  };
  return {
    type: 'apiKey',
    identify: (request) => identify(request, 'find'),
    explain: (request) => identify(request, 'peek'),
    challenge: () => challenge,
  };
}

/** Takes keys off a request on its way to a backend. */
export function takeOffKeys(config: ApiKeyMethodConfig): (request: PolicyRequest) => void {
  const { header, query } = placesOf(config);
  return (request) => {
    if (header !== undefined) request.removeHeader(header);
    const rest = query === undefined ? undefined : withoutParameter(request.query, query);
    if (rest !== undefined && rest !== request.query) request.rewriteQuery(rest);
  };
}

function placesOf({ header, query }: ApiKeyMethodConfig): Pick<ApiKeyMethodConfig, 'header' | 'query'> {
  return header === undefined && query === undefined ? { header: usualHeader } : { header, query };
}
