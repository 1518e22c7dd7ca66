import type { TransformationsConfig } from '@sluice/model';
import { parseTemplate } from '@sluice/model/template';
import type { TemplatePart, TemplateVariable } from '@sluice/model/template';
import { answers, passes } from './forecast.ts';
import type { Policy, PolicyAnswer, PolicyRequest } from './policy.ts';
import { SecretTexts } from './secret-texts.ts';
import type { Secret } from './secret-texts.ts';

/** A part of a value: a text, a secret, whose text may change, or a variable. */
type Part = Secret | { readonly variable: TemplateVariable };

interface Edits {
  readonly remove: readonly string[];
  readonly add: readonly { readonly name: string; readonly value: readonly Part[] }[];
  readonly secrets: readonly Secret[];
}

const outOfService: PolicyAnswer = { error: 'NO_BACKEND_AVAILABLE' };

/**
 * Adds and removes header fields of requests and responses. Values may contain variables such as `${requestId}`. Nothing is
 * forwarded while a secret of the request or the response is unknown.
 */
export function headerEdits(config: TransformationsConfig, secrets = new SecretTexts()): Policy | undefined {
  const request = compileEdits(config.request, secrets);
  const response = compileEdits(config.response, secrets);
  if (request === undefined && response === undefined) return undefined;
  const needed = [...(request?.secrets ?? []), ...(response?.secrets ?? [])];
  return {
    name: 'headerEdits',
    stage: 'transform',
    ...(request && { onRequest: (exchange: PolicyRequest) => apply(request, exchange, exchange) }),
    ...(needed.length > 0 && {
      onRequest: (exchange: PolicyRequest) => {
        if (needed.some(({ text }) => text === undefined)) return outOfService;
        if (request !== undefined) apply(request, exchange, exchange);
      },
    }),
    explain: () =>
      needed.some(({ text }) => text === undefined)
        ? answers(outOfService, 'a secret that a header needs is not known yet')
        : passes('headers are changed on the way'),
    ...(response && { onResponse: (exchange, target) => apply(response, exchange, target) }),
  };
}

interface Editable {
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
}

function apply(edits: Edits, exchange: PolicyRequest, target: Editable): void {
  for (const name of edits.remove) target.removeHeader(name);
  for (const { name, value } of edits.add) {
    const text = fill(value, exchange);
    // Undefined only in the gateway's own answer that says that this secret is unknown.
    if (text !== undefined) target.setHeader(name, text);
  }
}

function fill(parts: readonly Part[], exchange: PolicyRequest): string | undefined {
  let value = '';
  for (const part of parts) {
    const text = 'text' in part ? part.text : variable(part.variable, exchange);
    if (text === undefined) return undefined;
    value += text;
  }
  return value;
}

function variable(name: TemplateVariable, exchange: PolicyRequest): string {
  switch (name) {
    case 'requestId':
      return exchange.requestId;
    case 'latencyMs':
      return exchange.elapsedMs().toFixed(1);
    case 'clientIp':
      return exchange.clientAddress;
    case 'routeName':
      return exchange.routeName;
  }
}

function compileEdits(
  config: { addHeaders: Record<string, string>; removeHeaders: readonly string[] } | undefined,
  secrets: SecretTexts,
): Edits | undefined {
  if (config === undefined) return undefined;
  const needed: Secret[] = [];
  const compilePart = (part: TemplatePart): Part => {
    if (!('secret' in part)) return part;
    const secret = secrets.of(part.secret);
    needed.push(secret);
    return secret;
  };
  const add = Object.entries(config.addHeaders).map(([name, value]) => ({
    name,
    value: parseTemplate(value).map(compilePart),
  }));
  if (add.length === 0 && config.removeHeaders.length === 0) return undefined;
  return { remove: config.removeHeaders, add, secrets: needed };
}
