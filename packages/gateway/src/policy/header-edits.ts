import type { TransformationsConfig } from '@sluice/model';
import { parseTemplate, type TemplatePart } from '@sluice/model/template';
import type { Policy, PolicyRequest } from './policy.ts';

interface Edits {
  readonly remove: readonly string[];
  readonly add: readonly { readonly name: string; readonly value: readonly TemplatePart[] }[];
}

/** Adds and removes header fields of requests and responses; values may hold `${requestId}` and the like. */
export function headerEdits(config: TransformationsConfig): Policy | undefined {
  const request = compileEdits(config.request);
  const response = compileEdits(config.response);
  if (request === undefined && response === undefined) return undefined;
  return {
    name: 'headerEdits',
    stage: 'transform',
    ...(request && { onRequest: (exchange: PolicyRequest) => apply(request, exchange, exchange) }),
    ...(response && { onResponse: (exchange, target) => apply(response, exchange, target) }),
  };
}

interface Editable {
  setHeader(name: string, value: string): void;
  removeHeader(name: string): void;
}

function apply(edits: Edits, exchange: PolicyRequest, target: Editable): void {
  for (const name of edits.remove) target.removeHeader(name);
  for (const { name, value } of edits.add) target.setHeader(name, fill(value, exchange));
}

function fill(parts: readonly TemplatePart[], exchange: PolicyRequest): string {
  let value = '';
  for (const part of parts) value += 'text' in part ? part.text : variable(part.variable, exchange);
  return value;
}

function variable(name: Extract<TemplatePart, { variable: unknown }>['variable'], exchange: PolicyRequest): string {
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
): Edits | undefined {
  if (config === undefined) return undefined;
  const add = Object.entries(config.addHeaders).map(([name, value]) => ({ name, value: parseTemplate(value) }));
  return add.length === 0 && config.removeHeaders.length === 0 ? undefined : { remove: config.removeHeaders, add };
}
