import type { Client } from '@sluice/control/client';
import { readAction } from '../access/actions.ts';
import { readFuture } from '../access/read-time.ts';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { apiFlags, apiNotes, connect } from '../remote/connect.ts';
import type { Connection } from '../remote/connect.ts';
import type { Column } from '../terminal/fit-table.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';

export const consumer: Command = {
  name: 'consumer',
  summary: 'List, add and change the consumers of the APIs behind the gateway, and their keys',
  positionals: ['ACTION', '[ID]', '[KEY]'],
  get words() {
    return Object.keys(actions);
  },
  flags: [
    { name: 'name', value: 'NAME', description: 'What people call the consumer, or what a new key is for' },
    { name: 'organization', value: 'NAME', description: 'Whom the consumer belongs to' },
    { name: 'tier', value: 'TIER', description: 'Which limits apply' },
    { name: 'scopes', value: 'LIST', description: 'What it may do, such as orders:read,orders:write' },
    { name: 'roles', value: 'LIST', description: 'Its roles' },
    { name: 'permissions', value: 'LIST', description: 'Its permissions, each as resource:action:scope' },
    { name: 'subjects', value: 'LIST', description: 'What certificates and logins call it, if not by its id' },
    { name: 'expires', value: 'WHEN', description: 'After a time (90d) or at a date (2027-01-31); never if absent' },
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'sluice consumer list',
    'sluice consumer add ID --tier premium --scopes orders:read',
    'sluice consumer show|disable|enable|remove ID',
    'sluice consumer update ID --tier free',
    'sluice consumer add-key ID --expires 90d',
    'sluice consumer revoke-key ID KEY',
    '',
    'A key is printed once, alone on stdout. To replace one, add the new key, hand it over, and revoke the old one.',
    'All nodes know a change within a second. Consumers in the file of a gateway are changed there: sluice hash-key.',
    ...apiNotes,
  ],
  async run(args, context) {
    const { action, operands } = readAction('consumer', actions, args);
    const [id = '', key = ''] = operands;
    const connection = await connect(args, context);
    await work[action]({ connection, id, key, args, context });
    return 0;
  },
};

/** The operands of each action. */
const actions = {
  list: [],
  add: ['ID'],
  show: ['ID'],
  update: ['ID'],
  disable: ['ID'],
  enable: ['ID'],
  remove: ['ID'],
  'add-key': ['ID'],
  'revoke-key': ['ID', 'KEY'],
} as const;

interface Call {
  readonly connection: Connection;
  readonly id: string;
  /** The id of a key. */
  readonly key: string;
  readonly args: Arguments;
  readonly context: Context;
}

type Consumer = Awaited<ReturnType<Client['getConsumer']>>;

const work: Readonly<Record<keyof typeof actions, (call: Call) => Promise<void>>> = {
  list,
  show,
  async add({ connection, id, args, context }) {
    const body = { consumerId: id, ...fieldsOf(args), name: args.options['name'] ?? id };
    const made = await connection.call((client) => client.createConsumer({ body }));
    printDone(
      { text: `consumer ${id} is added: sluice consumer add-key ${id} makes a key`, json: made },
      args,
      context,
    );
  },
  async update(call) {
    const { name } = call.args.options;
    const body = { ...fieldsOf(call.args), ...(name !== undefined && { name }) };
    if (Object.keys(body).length === 0)
      throw new UsageError('nothing to change: give one of the flags, such as --tier');
    await change(call, body, 'is changed');
  },
  disable: (call) => change(call, { isEnabled: false }, 'is disabled: its keys are refused'),
  enable: (call) => change(call, { isEnabled: true }, 'is enabled'),
  async remove({ connection, id, args, context }) {
    await connection.call((client) => client.deleteConsumer({ params: { consumerId: id } }));
    printDone({ text: `consumer ${id} is removed, and its keys`, json: { consumerId: id } }, args, context);
  },
  'add-key': addKey,
  async 'revoke-key'({ connection, id, key, args, context }) {
    await connection.call((client) => client.deleteConsumerKey({ params: { consumerId: id, keyId: key } }));
    printDone({ text: `key ${key} of ${id} is revoked`, json: { consumerId: id, keyId: key } }, args, context);
  },
};

const columns: readonly Column[] = [
  { title: 'CONSUMER' },
  { title: 'NAME', leaveOut: 1 },
  { title: 'ORGANIZATION', leaveOut: 2 },
  { title: 'TIER' },
  { title: 'SCOPES', wraps: true },
  { title: 'STATE' },
  { title: 'KEYS', leaveOut: 3 },
];

const keyColumns: readonly Column[] = [
  { title: 'KEY' },
  { title: 'NAME' },
  { title: 'CREATED', leaveOut: 1 },
  { title: 'EXPIRES' },
  { title: 'LAST USED' },
];

async function list({ connection, args, context }: Call): Promise<void> {
  const consumers = await allConsumers(connection);
  const rows = consumers.map((each) => [
    each.consumerId,
    each.name,
    each.organization,
    each.tier,
    each.scopes.join(','),
    stateOf(each),
    String(each.keys.length),
  ]);
  printEither({ json: { consumers }, text: () => table(columns, rows, context) }, args, context);
}

async function show({ connection, id, args, context }: Call): Promise<void> {
  const found = await connection.call((client) => client.getConsumer({ params: { consumerId: id } }));
  const rows = found.keys.map(({ keyId, name, createdAt, expiresAt, lastUsedAt }) => [
    keyId,
    name,
    createdAt,
    expiresAt ?? 'never',
    lastUsedAt ?? 'never',
  ]);
  const fields = [
    ['consumer', found.consumerId],
    ['name', found.name],
    ['organization', found.organization],
    ['tier', found.tier],
    ['scopes', found.scopes.join(',')],
    ['roles', found.roles.join(',')],
    ['permissions', found.permissions.join(',')],
    ['subjects', found.subjects.join(',')],
    ['state', stateOf(found)],
    ['expires', found.expiresAt ?? 'never'],
  ].filter(([, value]) => value !== '');
  const about: readonly Column[] = [{ title: 'FIELD' }, { title: 'VALUE', wraps: true }];
  const text = () => `${table(about, fields, context)}\n${table(keyColumns, rows, context)}`;
  printEither({ json: found, text }, args, context);
}

async function addKey({ connection, id, args, context }: Call): Promise<void> {
  const { name, expires } = args.options;
  const body = {
    ...(name !== undefined && { name }),
    ...(expires !== undefined && { expiresAt: readFuture('expires', expires, Date.now()) }),
  };
  const made = await connection.call((client) => client.createConsumerKey({ params: { consumerId: id }, body }));
  const { consumerKey, key } = made;
  const text = `key ${consumerKey.keyId} of ${id}; it cannot be shown again`;
  printDone({ text, json: consumerKey, secret: { name: 'key', value: key } }, args, context);
}

async function change({ connection, id, args, context }: Call, body: object, what: string): Promise<void> {
  const changed = await connection.call((client) => client.updateConsumer({ params: { consumerId: id }, body }));
  printDone({ text: `consumer ${id} ${what}`, json: changed }, args, context);
}

/** The flags that say something about the consumer itself. An empty list takes all away. */
function fieldsOf({ options }: Arguments) {
  const { organization, tier, expires } = options;
  const lists = ['scopes', 'roles', 'permissions', 'subjects'].flatMap((name) => {
    const text = options[name];
    const items = text?.split(',').map((item) => item.trim());
    return items === undefined ? [] : [[name, items.filter((item) => item !== '')] as const];
  });
  return {
    ...(organization !== undefined && { organization }),
    ...(tier !== undefined && { tier }),
    ...(Object.fromEntries(lists) as Partial<Record<'scopes' | 'roles' | 'permissions' | 'subjects', string[]>>),
    ...(expires !== undefined && { expiresAt: readFuture('expires', expires, Date.now()) }),
  };
}

function stateOf({ isEnabled, expiresAt }: Consumer): string {
  if (!isEnabled) return 'disabled';
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now() ? 'expired' : 'enabled';
}

/** The largest page of the API. */
const pageSize = 100;

async function allConsumers({ call }: Connection): Promise<readonly Consumer[]> {
  const all: Consumer[] = [];
  for (;;) {
    const query = { limit: pageSize, offset: all.length };
    const { consumers, total } = await call((client) => client.listConsumers({ query }));
    all.push(...consumers);
    if (consumers.length === 0 || all.length >= total) return all;
  }
}
