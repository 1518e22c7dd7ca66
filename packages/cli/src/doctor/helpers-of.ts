/** A server that the policies of routes ask. */
export interface Helper {
  /** What it is asked for; the field that names it. */
  readonly kind: 'jwksUrl' | 'introspection' | 'external' | 'oidc';
  readonly url: string;
  /** The authorities that verify it, as a path; the usual ones if absent. */
  readonly caFile: string | undefined;
  /** The algorithms that keys are needed for. */
  readonly algorithms: readonly string[];
  /** The routes that ask it. */
  readonly routes: readonly string[];
}

/** A route, as far as its policies name servers. */
export interface AskingRoute {
  readonly name: string;
  readonly authentication?: { readonly methods: readonly MethodFields[] } | undefined;
}

type MethodFields = {
  readonly type: string;
  readonly jwksUrl?: string | undefined;
  readonly url?: string | undefined;
  readonly issuer?: string | undefined;
  readonly caFile?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
};

/** Every server that policies ask, once, with the routes that need it. */
export function helpersOf(routes: readonly AskingRoute[]): readonly Helper[] {
  const found = routes.flatMap(({ name, authentication }) =>
    (authentication?.methods ?? []).flatMap((method) => helperOf(method, name)),
  );
  const same = Map.groupBy(found, ({ kind, url, caFile }) => JSON.stringify([kind, url, caFile]));
  return [...same.values()].flatMap((helpers) => {
    const [first] = helpers;
    if (first === undefined) return [];
    const routeNames = new Set(helpers.flatMap((helper) => helper.routes));
    const algorithms = new Set(helpers.flatMap((helper) => helper.algorithms));
    return [{ ...first, routes: [...routeNames], algorithms: [...algorithms] }];
  });
}

function helperOf(method: MethodFields, route: string): Helper[] {
  const { type, jwksUrl, url, issuer, caFile, algorithms = [] } = method;
  const common = { caFile, routes: [route] };
  if (type === 'jwt' && jwksUrl !== undefined) return [{ kind: 'jwksUrl', url: jwksUrl, ...common, algorithms }];
  if ((type === 'introspection' || type === 'external') && url !== undefined)
    return [{ kind: type, url, ...common, algorithms: [] }];
  if (type !== 'oidc' || issuer === undefined) return [];
  // OpenID Connect Discovery 1.0 §4: below the path of the issuer.
  const metadata = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  return [{ kind: 'oidc', url: metadata, ...common, algorithms: [] }];
}
