import type { AuthorizationConfig } from '@sluice/model';
import type { Rule } from '@sluice/model/rule';
import { placeOfOutcome } from '../state/index.ts';
import type { NodeState } from '../state/index.ts';
import { answers, passes } from './forecast.ts';
import type { HeaderField, Identity, Policy, PolicyAnswer, PolicyRequest } from './policy.ts';

/** What authorization needs besides its settings. */
export interface AuthorizationParts {
  readonly state: Pick<NodeState, 'policyCounts'>;
  /** The slot of the route, where outcomes are counted. */
  readonly slot: number;
  /** The rule of the settings, compiled. */
  readonly rule: Rule | undefined;
}

const places = {
  allowed: placeOfOutcome('authorization allowed'),
  refused: placeOfOutcome('authorization refused'),
  wouldRefuse: placeOfOutcome('authorization would_refuse'),
  ruleFailed: placeOfOutcome('authorization rule_failed'),
} as const;

const missingScope = 'the caller lacks a scope that this needs';
/** The methods whose tokens have scopes that a client can ask for. */
const bearerMethods: ReadonlySet<string | undefined> = new Set(['jwt', 'introspection']);
const noRole = refusal('the caller has none of the roles that this needs');
const noPermission = refusal('the caller lacks a permission that this needs');
const notByRule = refusal('the rule of this route does not allow it');

/**
 * Lets a caller pass who has all scopes, one of the roles and all permissions, and for whom the rule is true. A rule that cannot
 * be told, since something it needs is not there, refuses.
 */
export function authorization(config: AuthorizationConfig, { state, slot, rule }: AuthorizationParts): Policy {
  const { scopes, roles, permissions, reportOnly } = config;
  const needed = (permissions ?? []).map(readPermission);
  const noScope = refusal(missingScope);
  const noScopeInToken = refusal(missingScope, scopeChallenge(scopes ?? []));
  const { policyCounts } = state;

  /** Why a caller may not pass; undefined for one who may. */
  const judge = (identity: Identity | undefined): PolicyAnswer | undefined => {
    if (scopes !== undefined && !holdsAll(identity?.scopes, scopes))
      return bearerMethods.has(identity?.method) ? noScopeInToken : noScope;
    if (roles !== undefined && !holdsOne(identity?.roles, roles)) return noRole;
    for (const one of needed) if (!permits(identity?.permissions, one)) return noPermission;
    return undefined;
  };
  const judgeByRule = (request: PolicyRequest): PolicyAnswer | undefined => {
    if (rule === undefined) return undefined;
    const result = rule(request);
    if (result === undefined) policyCounts.add(slot, places.ruleFailed);
    return result === true ? undefined : notByRule;
  };
  return {
    name: 'authorization',
    stage: 'authorize',
    onRequest(request) {
      const refused = judge(request.identity) ?? judgeByRule(request);
      if (refused === undefined) policyCounts.add(slot, places.allowed);
      else if (reportOnly) policyCounts.add(slot, places.wouldRefuse);
      else {
        policyCounts.add(slot, places.refused);
        return refused;
      }
    },
    explain(request) {
      const refused = judge(request.identity) ?? (rule === undefined || rule(request) === true ? undefined : notByRule);
      if (refused === undefined) return passes('the caller has what the route wants');
      return reportOnly ? passes('the caller would be refused, but refusals are only counted here') : answers(refused);
    },
  };
}

function refusal(detail: string, headers: readonly HeaderField[] = []): PolicyAnswer {
  return { error: 'FORBIDDEN', details: [detail], headers };
}

/** RFC 6750 §3.1 names the scopes that the resource needs, so that a client can ask for a token that has them. */
function scopeChallenge(scopes: readonly string[]): HeaderField[] {
  return [['WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`]];
}

/** A permission that is needed, by its parts. */
export interface Permission {
  readonly text: string;
  readonly resource: string;
  readonly action: string;
  readonly scope: string;
}

/** The parts of `resource:action:scope`. */
export function readPermission(text: string): Permission {
  const [resource, action, scope] = text.split(':');
  return { text, resource, action, scope };
}

/** Whether one of the permissions that a caller holds covers the one that is needed. */
export function permits(held: readonly string[] | undefined, needed: Permission): boolean {
  if (held === undefined) return false;
  for (const one of held) if (one === needed.text || covers(one, needed)) return true;
  return false;
}

/** `*` stands for one whole part. What does not have three parts covers nothing. perf: no part is cut out. */
function covers(held: string, { resource, action, scope }: Permission): boolean {
  const first = held.indexOf(':');
  if (first === -1) return false;
  const second = held.indexOf(':', first + 1);
  if (second === -1 || held.includes(':', second + 1)) return false;
  return (
    isPart(held, 0, first, resource) &&
    isPart(held, first + 1, second, action) &&
    isPart(held, second + 1, held.length, scope)
  );
}

function isPart(held: string, from: number, to: number, needed: string): boolean {
  if (to - from === 1 && held[from] === '*') return true;
  return to - from === needed.length && held.startsWith(needed, from);
}

function holdsAll(held: readonly string[] | undefined, needed: readonly string[]): boolean {
  if (held === undefined) return false;
  for (const one of needed) if (!held.includes(one)) return false;
  return true;
}

function holdsOne(held: readonly string[] | undefined, needed: readonly string[]): boolean {
  if (held === undefined) return false;
  for (const one of needed) if (held.includes(one)) return true;
  return false;
}
