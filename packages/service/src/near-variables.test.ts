import { expect, test } from 'vitest';
import { nearVariables } from './near-variables.ts';
import type { SchemaNode } from './schema-node.ts';

const schema: SchemaNode = {
  type: 'object',
  properties: {
    server: {
      type: 'object',
      properties: { port: { type: 'integer' }, hostName: { type: 'string' }, certFile: { type: 'string' } },
    },
    routes: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
  },
};
const own = {
  names: ['APP_URL', 'APP_TOKEN', 'APP_TOKEN_FILE'],
  guesses: { APP_PORT: 'APP__SERVER__PORT' },
  nearest: (name: string, names: readonly string[]) => names.find((each) => each.startsWith(name.slice(0, 3))),
};

function messageFor(name: string, text = 'x'): string | undefined {
  const [problem] = nearVariables({ [name]: text }, { prefix: 'APP', schema: { json: schema }, own });
  return problem && `${problem.source} ${problem.message}`;
}

test.each([
  ['APP_SERVER_PORT', 'APP__SERVER__PORT'],
  ['APP_SERVER_HOST_NAME', 'APP__SERVER__HOST_NAME'],
  ['APP_SERVER_HOSTNAME', 'APP__SERVER__HOSTNAME'],
  ['APP_SERVER__PORT', 'APP__SERVER__PORT'],
  ['APP__SERVER_PORT', 'APP__SERVER__PORT'],
  ['app__server__port', 'APP__SERVER__PORT'],
  ['APP_SERVER_PORT_FILE', 'APP__SERVER__PORT_FILE'],
  ['APP_SERVER_CERT_FILE', 'APP__SERVER__CERT_FILE'],
  ['APP_ROUTES_0_NAME', 'APP__ROUTES__0__NAME'],
])('%s is refused with the right name', (name, right) => {
  expect(messageFor(name)).toBe(`${name} has no effect: two underscores separate keys, so write ${right}`);
});

test.each([
  ['APP_TOKN', 'APP_TOKEN'],
  ['APP_PORT', 'APP__SERVER__PORT'],
  ['app_token', 'APP_TOKEN'],
])('%s is refused, and a name is suggested', (name, right) => {
  expect(messageFor(name)).toBe(`${name} has no effect: did you mean ${right}?`);
});

test.each([
  'APP__SERVER__PORT',
  'APP__SERVER__CERTFILE',
  'APP__SERVER__CERT_FILE',
  'APP__SERVER__PORT_FILE',
  'APP__SERVER__UNKNOWN',
  'APP_URL',
  'APP_TOKEN_FILE',
  'APP_VERSION',
  'APPLE_SERVER_PORT',
  'SERVER_PORT',
])('%s is left alone', (name) => {
  expect(messageFor(name)).toBeUndefined();
});

test('what Kubernetes sets for a service of the same name is left alone, and so is an empty variable', () => {
  expect(messageFor('APP_SERVER_PORT', 'tcp://10.0.0.1:80')).toBeUndefined();
  expect(messageFor('APP_PORT_80_TCP_PORT', '80')).toBeUndefined();
  expect(messageFor('APP_SERVER_SERVICE_PORT', '80')).toBeUndefined();
  expect(messageFor('APP_SERVER_PORT', '')).toBeUndefined();
});
