import { z } from 'zod';
import { oneLine } from '../values/text.ts';
import { roles } from '../config/roles.ts';
import {
  callerResource,
  loginInput,
  loginResource,
  oidcCodeResource,
  oidcTokenInput,
  passwordInput,
  refreshInput,
} from './authentication-resource.ts';
import { defineOperations } from './operation.ts';

const tag = 'authentication';
/** For each address, before anything that was sent is looked at. */
const limit = { group: 'authentication', perMinute: 120 };

/** Who the caller is. */
export const authenticationOperations = defineOperations({
  login: {
    method: 'POST',
    path: '/authentication/login',
    tag,
    summary: 'Log in with a name and a password',
    auth: 'open',
    roles: [],
    limit,
    body: { schema: loginInput },
    answer: { status: 200, description: 'The session.', schema: loginResource },
    errors: ['UNAUTHORIZED'],
  },
  refresh: {
    method: 'POST',
    path: '/authentication/refresh',
    tag,
    summary: 'Get the next pair of tokens',
    description:
      'A refresh token is good for one use: the second one ends the session, but for a few seconds in which it is answered like the first.',
    auth: 'open',
    roles: [],
    limit,
    body: { schema: refreshInput },
    answer: { status: 200, description: 'The session.', schema: loginResource },
    errors: ['UNAUTHORIZED'],
  },
  logout: {
    method: 'POST',
    path: '/authentication/logout',
    tag,
    summary: 'End your own session',
    auth: 'user',
    roles,
    beforePasswordChange: true,
    usersOnly: true,
    answer: { status: 204, description: 'The session is over.' },
  },
  me: {
    method: 'GET',
    path: '/authentication/me',
    tag,
    summary: 'Who the caller is',
    auth: 'user',
    roles,
    beforePasswordChange: true,
    answer: { status: 200, description: 'The caller.', schema: callerResource },
  },
  changePassword: {
    method: 'PUT',
    path: '/authentication/password',
    tag,
    summary: 'Change your own password',
    description: 'Ends the sessions of the caller.',
    auth: 'user',
    roles,
    beforePasswordChange: true,
    usersOnly: true,
    body: { schema: passwordInput },
    answer: { status: 204, description: 'The password is changed.' },
    errors: ['RATE_LIMIT_EXCEEDED', 'CONFLICT'],
  },
  oidcLogin: {
    method: 'GET',
    path: '/authentication/oidc/login',
    tag,
    summary: 'Begin a login at the OpenID provider',
    description: 'For browsers. Sets a cookie that ties the login to the browser; it is no credential.',
    auth: 'open',
    roles: [],
    limit,
    query: z.strictObject({
      returnTo: z
        .string()
        .max(512)
        .regex(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/, 'expected a path on this server that begins with one /')
        .optional()
        .describe('Where the browser goes in the end, with `#code=…`; the code is answered as JSON when left out.'),
    }),
    answer: { status: 302, description: 'To the provider.' },
    errors: ['NOT_FOUND', 'BAD_GATEWAY'],
  },
  oidcCallback: {
    method: 'GET',
    path: '/authentication/oidc/callback',
    tag,
    summary: 'Return from the OpenID provider',
    description: 'With `returnTo` the browser is sent there (302).',
    redirects: true,
    auth: 'open',
    roles: [],
    limit,
    query: z.looseObject({
      state: oneLine.max(4096).optional(),
      code: oneLine.max(4096).optional(),
      error: oneLine.max(4096).optional(),
    }),
    answer: { status: 200, description: 'A code that gives tokens.', schema: oidcCodeResource },
    errors: ['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND', 'BAD_GATEWAY'],
  },
  oidcToken: {
    method: 'POST',
    path: '/authentication/oidc/token',
    tag,
    summary: 'Get the tokens of a login at the OpenID provider',
    auth: 'open',
    roles: [],
    limit,
    body: { schema: oidcTokenInput },
    answer: { status: 200, description: 'The session.', schema: loginResource },
    errors: ['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
  },
});
