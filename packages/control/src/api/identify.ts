import type { Operation } from '@sluice/model/api';
import { createHash, timingSafeEqual } from 'node:crypto';
import { actorOf, ForbiddenError, UnauthorizedError } from '../access/index.ts';
import type { Access, Actor, Principal } from '../access/index.ts';
import type { Peer } from './call.ts';

/** Who sent a request. */
export interface Caller {
  readonly principal: Principal | undefined;
  readonly actor: Actor;
}

export interface Identification {
  readonly operation: Operation;
  readonly headers: Headers;
  readonly peer: Peer;
  /** The secret by which nodes prove that they belong to this installation. */
  readonly joinToken: string | undefined;
  /** The node that the request speaks for, in operations for nodes. */
  readonly nodeId?: string | undefined;
}

/** A denied request. `actor` is the caller, as far as it is known. */
export class Denial extends Error {
  override readonly name = 'Denial';
  readonly actor: Actor;
  override readonly cause: UnauthorizedError | ForbiddenError;

  constructor(actor: Actor, cause: Denial['cause']) {
    super(cause.message);
    this.actor = actor;
    this.cause = cause;
  }
}

const anonymous: Actor = { kind: 'anonymous', name: 'anonymous' };

/** Finds out who sent a request, and checks that they may. Rejects with a Denial. */
export async function identify(access: Access, request: Identification): Promise<Caller> {
  const { operation } = request;
  if (operation.auth === 'open') return { principal: undefined, actor: anonymous };
  if (operation.auth === 'node') return { principal: undefined, actor: identifyNode(request) };
  const principal = await authenticate(access, request);
  const actor = actorOf(principal);
  const { auth, roles, scope, beforePasswordChange, usersOnly } = operation;
  orDenied(actor, () => {
    access.authorize(principal, { auth, roles, scope, beforePasswordChange });
    if (usersOnly === true && principal.kind !== 'user') {
      throw new ForbiddenError('this needs the session of a user, not an API key');
    }
  });
  return { principal, actor };
}

async function authenticate(access: Access, { headers, peer }: Identification): Promise<Principal> {
  try {
    return await access.authenticate({
      authorization: headers.get('authorization') ?? undefined,
      apiKey: headers.get('x-api-key') ?? undefined,
      address: peer.address,
    });
  } catch (error) {
    throw error instanceof UnauthorizedError ? new Denial(anonymous, error) : error;
  }
}

function orDenied(actor: Actor, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof ForbiddenError || error instanceof UnauthorizedError ? new Denial(actor, error) : error;
  }
}

/** A node proves itself by the join token, or by a certificate with its name from a configured authority. */
function identifyNode({ headers, peer, joinToken, nodeId }: Identification): Actor {
  const actor: Actor = { kind: 'node', name: 'node' };
  if (peer.isCertified) {
    const { names = [] } = peer;
    // By default, the name of a node is its host and port.
    if (nodeId !== undefined && names.includes(nodeId.replace(/:\d+$/, ''))) return actor;
    if (nodeId !== undefined && names.includes(nodeId)) return actor;
    const message = `The certificate is for ${names.join(', ') || 'nobody'}: a node that presents it must have that name (node.name).`;
    throw new Denial(anonymous, new ForbiddenError(message));
  }
  const given = /^Bearer ([\x21-\x7e]+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (given !== undefined && joinToken !== undefined && isSame(given, joinToken)) return actor;
  throw new Denial(anonymous, new UnauthorizedError('A node needs the join token or a client certificate.'));
}

/** Takes the same time wherever the texts differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
