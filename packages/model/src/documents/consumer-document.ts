import { z } from 'zod';
import { consumerLimits } from '../config/consumer-limits.ts';
import { line, oneLine } from '../values/text.ts';
import type { Immutable } from './immutable.ts';
import { timestamp } from './revision-fields.ts';

const names = z.array(line(128)).max(consumerLimits.names);

const keyFields = {
  keyId: line(128),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  expiresAt: timestamp.optional(),
};

const fields = {
  consumerId: line(64),
  name: oneLine.max(128),
  organization: oneLine.max(128),
  tier: oneLine.max(128),
  scopes: names,
  roles: names,
  permissions: names,
  subjects: z.array(line(256)).max(consumerLimits.subjects),
  isEnabled: z.boolean(),
  expiresAt: timestamp.optional(),
  keys: z.array(z.looseObject(keyFields)).max(consumerLimits.keys),
};

/** Schema of a consumer as nodes know it. Fields that only a later version knows stay, for `unknownFields` to find. */
export const consumerDocument: z.ZodType<Known> = z.looseObject(fields);

type Known = z.output<z.ZodObject<Omit<typeof fields, 'keys'>>> & { keys: z.output<z.ZodObject<typeof keyFields>>[] };

/**
 * A consumer as nodes know it: of its keys only the hashes. `subjects` is what certificates and logins call the consumer;
 * without any, they call it by its id.
 */
export type ConsumerDocument = Immutable<Known>;

/** The names of what a later version says of a consumer and its keys. Any of it may restrict the consumer. */
export function unknownFields(consumer: ConsumerDocument): string[] {
  const own = Object.keys(consumer).filter((name) => !Object.hasOwn(fields, name));
  const ofKeys = consumer.keys.flatMap((key) => Object.keys(key).filter((name) => !Object.hasOwn(keyFields, name)));
  return [...own, ...new Set(ofKeys.map((name) => `keys[].${name}`))];
}
