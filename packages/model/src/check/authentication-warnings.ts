import type { Problem } from '../values/problem.ts';
import { isPrivateHost } from './address-problems.ts';

interface Method {
  readonly type: string;
  readonly publicUrl?: string | undefined;
  readonly jwksUrl?: string | undefined;
  readonly url?: string | undefined;
}

/** A route or its document, as far as it says how callers are found out. */
export interface MethodsOfRoute {
  readonly hosts?: readonly string[] | undefined;
  readonly authentication?: { readonly methods?: readonly Method[] | undefined } | undefined;
}

/** Methods that work, but probably not as they were meant; paths begin at the route. */
export function authenticationWarnings({ authentication, hosts = [] }: MethodsOfRoute): Problem[] {
  const methods = authentication?.methods ?? [];
  const at = ['authentication', 'methods'];
  const decides = methods.findIndex(({ type }) => type === 'external');
  const hidden = decides !== -1 && decides < methods.length - 1;
  const message = 'external decides every request: no method after it is ever asked, so put it last';
  const isOpen = hosts.length === 0 || hosts.some((host) => host.startsWith('*'));
  return [
    ...(hidden ? [{ path: [...at, decides, 'type'], message }] : []),
    ...methods.flatMap(({ type, publicUrl }, index): Problem[] => {
      if (type !== 'oidc' || publicUrl !== undefined || !isOpen) return [];
      return [{ path: [...at, index, 'publicUrl'], message: withoutAddress }];
    }),
    ...methods.flatMap((method, index) =>
      plainWarnings(method).map(({ path, message: text }) => ({ path: [...at, index, ...path], message: text })),
    ),
  ];
}

/** Servers that are asked over the network without TLS. The issuer of a login has to have it, so it is not among them. */
function plainWarnings({ type, jwksUrl, url }: Method): Problem[] {
  const [field, address] = jwksUrl === undefined ? ['url', url] : ['jwksUrl', jwksUrl];
  if (address === undefined || harm[type] === undefined || !isPlain(address)) return [];
  return [{ path: [field], message: `is asked over the network without TLS: ${harm[type]}; use https://` }];
}

const harm: Readonly<Record<string, string>> = {
  jwt: 'whoever stands on the way can put keys of their own in place, and sign tokens with them',
  introspection: 'whoever stands on the way can read the tokens and the secret of the client, and call any token good',
  external: 'whoever stands on the way can read the credentials of requests, and let any request pass',
};

function isPlain(address: string): boolean {
  if (!/^http:/i.test(address) || !URL.canParse(address)) return false;
  return !isPrivateHost(new URL(address).hostname);
}

const withoutAddress =
  'is missing: the provider sends people back to the host that a request names, whichever it is; set publicUrl, or name the hosts of the route one by one';
