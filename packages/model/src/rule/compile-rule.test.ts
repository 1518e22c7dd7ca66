import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileRule, longestRule } from './compile-rule.ts';
import type { RuleIdentity, RuleRequest } from './compile-rule.ts';

const someone: RuleIdentity = {
  method: 'jwt',
  subject: 'ann',
  tier: 'premium',
  scopes: ['orders:read'],
  roles: ['support'],
  permissions: [],
  claims: {
    tier: 'premium',
    level: 3,
    admin: true,
    groups: ['team-a', 'team-b'],
    address: { country: 'NL' },
    nothing: null,
  },
};

function requestOf(facts: Partial<RuleRequest> = {}): RuleRequest {
  return {
    method: 'GET',
    path: '/orders/7',
    query: 'a=1',
    host: 'api.example',
    clientAddress: '192.0.2.1',
    routeName: 'orders',
    identity: someone,
    parameters: () => ({ id: '7' }),
    header: (name) => ({ 'x-env': 'test' })[name],
    ...facts,
  };
}

const judged = (rule: string, facts?: Partial<RuleRequest>): boolean | undefined => compileRule(rule)(requestOf(facts));
const withClaims = (claims: Record<string, unknown>): Partial<RuleRequest> => ({ identity: { ...someone, claims } });

describe('a rule', () => {
  test.each([
    ['claims.tier == "premium" && request.method != "DELETE"', true],
    ['claims.level >= 3', true],
    ['claims.level == 3 && int(claims.level) + 1 == 4', true],
    ['claims.admin', true],
    ['!claims.admin', false],
    ['claims.address.country in ["NL", "BE"]', true],
    ['claims["tier"] == "premium"', true],
    ['"team-a" in claims.groups', true],
    ['claims.groups.exists(group, group.matches("^team-[b-z]$"))', true],
    ['claims.groups.all(group, group.startsWith("team-"))', true],
    ['claims.groups.exists_one(group, group.endsWith("b"))', true],
    ['claims.nothing == null', true],
    ['has(claims.tier) && !has(claims.country)', true],
    ['size(claims.groups) == 2', true],
    ['identity.subject == "ann" && identity.method == "jwt"', true],
    ['"orders:read" in identity.scopes && "admin" in identity.roles', false],
    ['has(identity.organization)', false],
    ['request.path.startsWith("/orders/") && request.query == "a=1"', true],
    ['request.host == "api.example" && request.address == "192.0.2.1"', true],
    ['request.header("X-Env").upperAscii() == "TEST"', true],
    ['request.hasHeader("x-env") && !request.hasHeader("x-other")', true],
    ['parameters.id == "7" && route == "orders"', true],
    ['now > timestamp("2020-01-01T00:00:00Z") && now.getFullYear() < 3000', true],
    ['now - duration("1h") < now', true],
    ['request.method == "GET" ? true : claims.admin', true],
    ['request.path.matches("^/orders/[0-9]+$")', true],
    ['"x".matches("(a|aa)+$")', false],
  ])('%s is %s', (rule, result) => {
    expect(judged(rule)).toBe(result);
  });

  test.each([
    'claims.country == "NL"',
    'claims.country != "NL"',
    '!(claims.country == "NL")',
    'claims.address.city == "x"',
    'claims.tier > 3',
    'claims.level + 1 == 4',
    'claims.tier',
    'claims.groups',
    'claims.nothing',
    'claims.groups[7] == "x"',
    'identity.organization != "evil"',
    'request.header("x-other") != "evil"',
    'parameters.name != "evil"',
    'claims.tier.exists(letter, letter == "p")',
    'timestamp(claims.tier) < now',
    'claims.country == "NL" || claims.tier == "free"',
  ])('%s cannot be told of someone without what it asks for', (rule) => {
    expect(judged(rule)).toBeUndefined();
  });

  test('finds nobody behind an anonymous request', () => {
    const anonymous = { identity: undefined };
    expect(judged('has(identity.subject)', anonymous)).toBe(false);
    expect(judged('identity.subject != "mallory"', anonymous)).toBeUndefined();
    expect(judged('claims.tier != "free"', anonymous)).toBeUndefined();
    expect(judged('request.method == "GET" || has(identity.subject)', anonymous)).toBe(true);
  });

  test('judges each request by itself', () => {
    const rule = compileRule('claims.tier == "premium"');
    const free = requestOf(withClaims({ tier: 'free' }));
    expect([requestOf(), free, requestOf()].map(rule)).toEqual([true, false, true]);
  });
});

describe('a rule is refused with the place in it', () => {
  test.each([
    ['', 'line 1, column 1: unexpected token: EOF'],
    ['claims.tier ==', 'line 1, column 15: unexpected token: EOF'],
    ['claims.admin &&\n  claim.tier == 1', 'line 2, column 3: there is no variable claim; known are claims, identity'],
    ['claim.tier == "a"', 'did you mean "claims"?'],
    ['request.verb == "GET"', 'line 1, column 9: there is no field verb'],
    ['request.constructor == "GET"', 'line 1, column 9: there is no field constructor'],
    ['request.current.x == 1', 'line 1, column 9: there is no field current'],
    ['request.method + 1 == 2', 'line 1, column 1: no such overload: string + int'],
    ['request.method', 'line 1, column 1: a rule is true or false, and this is a value of type string'],
    ['"a" + "b"', 'value of type string'],
    ['claims.map(c, c).size() > 1', 'map is not in the language of rules; known are'],
    ['cel.bind(x, 1, x == 1)', 'bind is not in the language of rules'],
    ['"a".matchesLinear("a")', 'matchesLinear is not in the language of rules'],
    ['"a".match("a")', 'did you mean "matches"?'],
    ['claims.tier.matches("(")', 'line 1, column 21: the pattern is not one of RE2'],
    ['claims.tier.matches("(?=a)")', 'the pattern is not one of RE2'],
    ['claims.tier.matches(claims.pattern)', 'matches takes its pattern as a text that is written in the rule'],
    [`claims.tier.matches("${'a'.repeat(257)}")`, 'a pattern has at most 256 characters'],
    [
      'claims.tier.matches("(?i)(\\\\pL{1,250}|b)")',
      'line 1, column 21: the patterns of the rule are too large together',
    ],
    [
      'claims.a.matches("a{1,200}") || claims.b.matches("b{1,200}")',
      'line 1, column 50: the patterns of the rule are too',
    ],
    ['claims.a.all(x, now.getHours("Europe/Amsterdam") > 1)', 'what stands inside of exists or all is done once'],
    ['claims.?tier == 1', 'line 1, column 8'],
    ['claims.a.exists(x, claims.b.exists(y, claims.c.exists(z, x == z)))', 'the rule could take too long'],
    ['claims.a.all(x, x in claims.b) || claims.c.all(x, x in claims.b)', 'the rule could take too long'],
    ['claims.a.all(x, request.path.matches("a"))', 'the rule could take too long'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, 'line 1, column'],
    [`claims.a in [${'"a",'.repeat(101)}"b"]`, 'line 1, column'],
    [`true${' || true'.repeat(200)}`, 'line 1, column'],
    [`true${' '.repeat(longestRule)}`, 'line 1, column 1: a rule has at most 2000 characters'],
  ])('%s', (rule, message) => {
    expect(() => compileRule(rule)).toThrow(SyntaxError);
    expect(() => compileRule(rule)).toThrow(message);
  });
});

describe('what callers hold', () => {
  test('leads to no prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'size']) {
      expect(judged(`claims.${name} == "x" || claims["${name}"] == "x"`)).toBeUndefined();
      expect(judged(`has(claims.${name}) || has(claims.address.${name}) || "${name}" in claims`)).toBe(false);
      const claims = JSON.parse(`{"${name}": "x", "tier": "free"}`) as Record<string, unknown>;
      expect(judged(`claims.${name} == "x" && claims.tier == "free"`, withClaims(claims))).toBe(true);
    }
    const polluting = JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown>;
    expect(judged('claims.admin', withClaims(polluting))).toBeUndefined();
  });

  test('is compared as it is: another type, another form of a letter and another case are another value', () => {
    for (const tier of [['premium'], { premium: true }, 'Premium', 'premium ', 'premium\u0000', 'ｐremium', true, 1])
      expect(judged('claims.tier == "premium"', withClaims({ tier }))).toBe(false);
    expect(judged('claims.name == "é"', withClaims({ name: 'e\u0301' }))).toBe(false);
    expect(judged('claims.name == "*"', withClaims({ name: 'anything' }))).toBe(false);
  });

  test('fails the rule when it is too large to be judged in time', () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    const large: Record<string, unknown>[] = [
      { list: Array.from({ length: 257 }, () => 1) },
      { text: 'a'.repeat(40_000) },
      { ['a'.repeat(40_000)]: 1 },
      { deep: deep(20) },
      Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`c${index}`, 1])),
      { matrix: Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 1)) },
      { strange: () => true },
    ];
    for (const claims of large) expect(judged('has(claims.tier)', withClaims(claims))).toBeUndefined();
    expect(judged('request.method == "GET"', withClaims(large[0]))).toBe(true);
    const roles = Array.from({ length: 257 }, () => 'a');
    expect(judged('"a" in identity.roles', { identity: { ...someone, roles } })).toBeUndefined();
    const long = compileRule('claims.list.all(entry, entry.matches("^(x|xx)*(x|xx)*$"))');
    const list = Array.from({ length: 100 }, () => 'x'.repeat(100));
    expect([requestOf(withClaims({ list })), requestOf(withClaims({ list: ['x'] }))].map(long)).toEqual([
      undefined,
      true,
    ]);
    expect(judged('request.path.matches("^/")', { path: '/'.repeat(2049) })).toBeUndefined();
    expect(judged('request.path == "/"', { path: 'a'.repeat(8193) })).toBeUndefined();
  });

  test('never makes an evaluation throw, whatever it is', () => {
    const rules = [
      'claims.a == claims.b',
      'claims.a.exists(x, x in claims.b) || claims.a.b.c',
      'claims.a.matches("x+") || claims.a < claims.b || size(claims.a) > 1',
      'timestamp(claims.a) < now || duration(claims.b) > duration("1s")',
    ].map(compileRule);
    const claims = fc.record({ a: fc.jsonValue(), b: fc.jsonValue() });
    fc.assert(
      fc.property(claims, (held) => {
        for (const rule of rules) {
          const result = rule(requestOf(withClaims(held)));
          expect(result === undefined || typeof result === 'boolean').toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
