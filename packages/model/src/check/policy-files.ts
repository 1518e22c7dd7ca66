import type { Problem } from '../values/problem.ts';

/** A file that a policy of a route names. */
export interface PolicyFile {
  /** Where it is named; begins at the route. */
  readonly path: Problem['path'];
  /** A path in a configuration file; over the API, a name in the `node.filesFolder` of the nodes. */
  readonly name: string;
  /** What has to be in it. */
  readonly content: 'anything' | 'users' | 'clientAuthorities';
}

/** The fields of authentication methods that name a file. */
const methodFields = [
  'secretFile',
  'publicKeyFile',
  'usersFile',
  'caFile',
  'clientSecretFile',
  'cookieSecretFile',
] as const;

type FileFields = { readonly [K in (typeof methodFields)[number]]?: string | undefined };

/** A route or its document, as far as its policies name files. */
export interface FilesOfPolicies {
  readonly name: string;
  readonly authentication?:
    | { readonly methods?: readonly (FileFields & { readonly type: string })[] | undefined }
    | undefined;
}

/**
 * The files that the policies of a route name, without those of its candidate. Everything that reads, watches or checks such
 * files goes by this list.
 */
export function policyFiles({ authentication }: FilesOfPolicies): PolicyFile[] {
  const methods = authentication?.methods ?? [];
  return methods.flatMap((method, index) =>
    methodFields.flatMap((field) => {
      const name = method[field];
      return name === undefined
        ? []
        : [{ path: ['authentication', 'methods', index, field], name, content: contentOf(method.type, field) }];
    }),
  );
}

function contentOf(type: string, field: (typeof methodFields)[number]): PolicyFile['content'] {
  if (field === 'usersFile') return 'users';
  return type === 'mtls' && field === 'caFile' ? 'clientAuthorities' : 'anything';
}

/** The modules that a route names as policies, without those of its candidate. */
export function policyModules({ policies = [] }: ModulesOfPolicies): Pick<PolicyFile, 'path' | 'name'>[] {
  return policies.map(({ module }, index) => ({ path: ['policies', index, 'module'], name: module }));
}

/** A route or its document, as far as it names modules. */
export interface ModulesOfPolicies {
  readonly policies?: readonly { readonly module: string }[] | undefined;
}
