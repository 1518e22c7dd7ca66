import type { AuthenticationOutcome, PolicyRequest } from '../policy.ts';
import { readOnce } from '../secret-texts.ts';
import type { Secret } from '../secret-texts.ts';
import { challengeOf } from './challenge.ts';
import { consumerIdentity } from './consumer-lookup.ts';
import type { ConsumerLookup } from './consumer-lookup.ts';
import { readUsers } from './htpasswd.ts';
import type { AuthenticationMethod } from './method.ts';
import type { Passwords } from './passwords.ts';

/** What the method basic needs. */
export interface BasicParts {
  /** The file of users. */
  readonly file: Secret;
  readonly passwords: Passwords;
  readonly consumers: ConsumerLookup;
}

interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** bcrypt reads no more than 72 bytes: of a longer password it would not see the end. */
const longestPassword = 72;
const longestName = 255;

const wrong: AuthenticationOutcome = { refused: 'the user name or the password is wrong' };
const malformed: AuthenticationOutcome = { refused: 'the credentials are malformed' };

/** The method basic: user name and password (RFC 7617). */
export function basic({ file, passwords, consumers }: BasicParts): AuthenticationMethod {
  // The file was found right before it came here.
  const usersOf = readOnce(file, readUsers);
  const challenge = challengeOf('Basic', { charset: 'UTF-8' });

  const judge = (
    { name, password }: Credentials,
    request: PolicyRequest,
  ): AuthenticationOutcome | Promise<AuthenticationOutcome> => {
    const users = usersOf();
    if (users === undefined) return { unavailable: 'the file of users cannot be read' };
    const hash = users.hashOf(name);
    const matches = passwords.matches({ password, hash: hash ?? users.decoyFor(name), client: request.clientAddress });
    const outcome = (found: boolean | undefined): AuthenticationOutcome => {
      if (found === undefined)
        return { unavailable: 'the password cannot be checked now: too many wait, or their thread has failed' };
      return found && hash !== undefined ? userAs(name, consumers) : wrong;
    };
    return matches instanceof Promise ? matches.then(outcome) : outcome(matches);
  };

  return {
    type: 'basic',
    identify(request) {
      const value = request.header('authorization');
      if (value === undefined || !isBasic(value)) return undefined;
      if (request.isRepeated('authorization')) return malformed;
      const credentials = credentialsIn(value);
      return credentials === undefined ? malformed : judge(credentials, request);
    },
    explain(request) {
      const value = request.header('authorization');
      if (value === undefined || !isBasic(value)) return undefined;
      return { unasked: 'the password is not checked here, where somebody could try many' };
    },
    challenge: () => challenge,
  };
}

/** Takes a user name and a password off a request on its way to a backend. */
export function takeOffPassword(request: PolicyRequest): void {
  if (isBasic(request.header('authorization') ?? '')) request.removeHeader('Authorization');
}

function isBasic(authorization: string): boolean {
  return /^basic(?: |$)/i.test(authorization);
}

/** Undefined when they are malformed, or longer than any that could be right. */
function credentialsIn(authorization: string): Credentials | undefined {
  const token = /^basic +([A-Za-z0-9+/]{1,600}={0,2})$/i.exec(authorization)?.[1];
  if (token === undefined) return undefined;
  const text = utf8In(Buffer.from(token, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1) return undefined;
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  // RFC 7617 §2: no control characters. For bcrypt, a password would end at NUL.
  if (/\p{Cc}/u.test(text) || name.length > longestName) return undefined;
  return Buffer.byteLength(password) > longestPassword ? undefined : { name, password };
}

function utf8In(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** The consumer that the login calls so, or else the name itself. A consumer that is disabled cannot log in. */
function userAs(name: string, consumers: ConsumerLookup): AuthenticationOutcome {
  const found = consumers.bySubject(name);
  if (found === 'unknown')
    return { identity: { method: 'basic', subject: name, scopes: [], roles: [], permissions: [], claims: {} } };
  if (typeof found === 'string') return { refused: `the consumer is ${found}` };
  return { identity: { ...consumerIdentity(found), method: 'basic' } };
}
