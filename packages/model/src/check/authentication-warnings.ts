import type { Problem } from '../values/problem.ts';

/** A route or its document, as far as it says how callers are found out. */
export interface MethodsOfRoute {
  readonly hosts?: readonly string[] | undefined;
  readonly authentication?:
    | { readonly methods?: readonly { readonly type: string; readonly publicUrl?: string | undefined }[] | undefined }
    | undefined;
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
  ];
}

const withoutAddress =
  'is missing: the provider sends people back to the host that a request names, whichever it is; set publicUrl, or name the hosts of the route one by one';
