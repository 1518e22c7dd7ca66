/** What each package may import of ours; the tree of the design. A package that is not listed may import nothing. */
const mayImport = {
  model: [],
  service: [],
  gateway: ['model', 'service'],
  control: ['model', 'service'],
  node: ['model', 'service', 'gateway'],
  deploy: ['model'],
  console: ['model', 'control'],
  cli: ['model', 'service', 'gateway', 'control', 'node', 'deploy'],
  sluice: ['model', 'service', 'gateway', 'control', 'cli'],
};

/** The folders of a package, from the bottom up: each may import those before it, and none beside it. */
const floors = {
  model: [
    ['values', 'metrics'],
    ['rule'],
    ['deployment'],
    ['config'],
    ['documents'],
    ['node', 'check', 'changes'],
    ['api'],
  ],
  gateway: [
    ['state', 'route'],
    ['http1', 'balance', 'policy', 'observe'],
    ['wire', 'version', 'redis'],
    ['upstream', 'trace'],
    ['compile', 'health'],
    ['forward'],
    ['listen'],
    ['explain'],
    ['source', 'runtime'],
  ],
  node: [['snapshot', 'control'], ['configuration'], ['agent'], ['gateway']],
  control: [
    ['store', 'client'],
    ['bus', 'lock', 'access'],
    ['backup', 'configuration'],
    ['nodes'],
    ['deployment'],
    ['notify', 'saves', 'trace'],
    ['dora'],
    ['api'],
    ['process'],
  ],
  deploy: [['monitoring']],
  cli: [
    ['command'],
    ['terminal'],
    ['completion', 'config', 'secrets', 'files'],
    ['session', 'watch', 'store-access', 'file-configuration'],
    ['remote'],
    ['difference', 'deployments', 'access', 'nodes', 'traffic', 'explain'],
    ['apply', 'demo', 'doctor', 'monitoring'],
    ['run'],
    ['commands'],
  ],
};

const test = '\\.test\\.ts$';

function floorRules(name, rooms) {
  const from = (room) => ({ path: `^packages/${name}/src/${room}/`, pathNot: [test, '/testing/', '\\.bench\\.ts$'] });
  return [
    ...rooms.map((floor, height) => ({
      name: `${name}-floors`,
      comment: 'no arrow upwards, nor between two folders of one floor',
      severity: 'error',
      from: from(`(${floor.join('|')})`),
      to: {
        path: `^packages/${name}/src/`,
        pathNot: `^packages/${name}/src/($1|${rooms.slice(0, height).flat().join('|')})/`,
      },
    })),
    {
      name: `${name}-unknown-floor`,
      comment: 'a new folder needs its place in the floors of this file',
      severity: 'error',
      from: from('[^/]+'),
      to: { path: `^packages/${name}/src/[^/]+/`, pathNot: `^packages/${name}/src/(${rooms.flat().join('|')})/` },
    },
  ];
}

/** @type {import('dependency-cruiser').ICruiseOptions} */
export default {
  forbidden: [
    ...Object.entries(mayImport).map(([name, allowed]) => ({
      name: `${name}-imports`,
      comment: `${name} may import ${allowed.length > 0 ? allowed.join(', ') : 'none'} of our packages`,
      severity: 'error',
      from: { path: `^packages/${name}/` },
      to: { path: '^packages/', pathNot: [`^packages/(${[name, ...allowed].join('|')})/`, '/testing/'] },
    })),
    {
      name: 'testing-for-tests',
      comment: 'what helps tests is for tests alone; those of one package may use that of another',
      severity: 'error',
      from: { path: '^packages/', pathNot: [test, '/testing/', '\\.bench\\.ts$'] },
      to: { path: '^packages/.*/testing/' },
    },
    ...Object.entries(floors).flatMap(([name, rooms]) => floorRules(name, rooms)),
    {
      name: 'no-circle',
      comment: 'no circle of files, types included',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [test, '/testing/'] },
      to: { circular: true },
    },
    {
      name: 'unknown-package',
      comment: 'a new package needs its line in the table of this file',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(mayImport).join('|')})/` },
      to: { path: '^packages/([^/]+)/', pathNot: '^packages/$1/' },
    },
    {
      name: 'front-door-only',
      comment: 'another package is entered by what it exports, never by a path into it',
      severity: 'error',
      from: { path: '^(?:packages/)?([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/control/src/(bus|client)/index\\.ts$',
          '^packages/service/src/(otlp|otlp/exporter|redaction|redis)/index\\.ts$',
          '^packages/cli/src/main\\.ts$',
          // What modules of users import, which must load nothing of the gateway.
          '^packages/gateway/src/policy/own/index\\.ts$',
          '^packages/sluice/src/client\\.ts$',
          // What starts real servers for tests; not part of the product.
          '^packages/[^/]+/src/.*\\btesting/',
          // The parts that need no schemas and no parsers, for threads and nodes that should not load those.
          '^packages/service/src/(caught-error|consumer-key|dependency|pem|small-file|tls-options|turns|watch-files)\\.ts$',
          '^packages/model/src/(api/index|config/rate-limit-rules|errors|metrics/index|node/is-followed|rule/compile-rule|values/(canonical-host|header-field|jwt-algorithms|latency-buckets|log-template|path-pattern|rewrite-path|template))\\.ts$',
        ],
      },
    },
    {
      name: 'console-uses-the-client',
      comment: 'the console runs in a browser: of control it may use the typed client alone',
      severity: 'error',
      from: { path: '^packages/console/' },
      to: { path: '^packages/control/', pathNot: '^packages/control/src/client/' },
    },
    {
      name: 'client-needs-no-bundle',
      comment: 'the client runs in a browser as it is: no package and nothing of Node in it',
      severity: 'error',
      from: { path: '^packages/control/src/client/', pathNot: [test, '/testing/'] },
      to: { pathNot: '^packages/' },
    },
    {
      name: 'model-without-io',
      comment: 'model is safe in a browser: nothing of Node in it',
      severity: 'error',
      from: { path: '^packages/model/src/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'packages-stand-alone',
      comment:
        'what is published does not reach into tests, benchmarks, scripts or examples; its tests may use the kit of e2e',
      severity: 'error',
      from: { path: '^packages/', pathNot: test },
      to: { path: '^(e2e|bench|scripts|examples)/' },
    },
    {
      name: 'no-import-of-tests',
      comment: 'nothing depends on a test',
      severity: 'error',
      from: {},
      to: { path: test },
    },
    {
      name: 'no-dev-dependency-in-product',
      comment: 'what is published must not need a development dependency or an undeclared one',
      severity: 'error',
      from: { path: '^packages/[^/]+/(src|bin)/', pathNot: [test, '/testing/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    {
      name: 'no-orphan',
      comment: 'a source file nobody imports is either dead or missing from its index',
      severity: 'error',
      from: { orphan: true, path: '^packages/[^/]+/src/', pathNot: [test, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'no-unresolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // The default parser is TypeScript's own and has none to use from TypeScript 7 on; it was seen to find no imports and
    // report success. `scripts/prove-checks.ts` shows that this one finds them.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(coverage|results|build)/|^bench/peers/fastify/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
