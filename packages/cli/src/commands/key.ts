import { roles } from '@sluice/model';
import type { ApiKey } from '@sluice/control';
import { everyPage, readAction } from '../access/actions.ts';
import { readFuture } from '../access/read-time.ts';
import { readRole } from '../access/read-role.ts';
import type { Column } from '../terminal/fit-table.ts';
import { table } from '../terminal/table.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { CommandFailure } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { apiFlags } from '../remote/connect.ts';
import { configFlag } from '../store-access/store-location.ts';
import { accessNotes, withAccess } from '../access/with-access.ts';
import type { OpenedAccess } from '../access/with-access.ts';

export const key: Command = {
  name: 'key',
  summary: 'List, create and revoke the API keys of programs',
  positionals: ['ACTION', '[NAME]'],
  get words() {
    return Object.keys(actions);
  },
  flags: [
    { name: 'role', value: 'ROLE', choices: roles, description: 'The most it may do: Admin, Operator or Viewer' },
    { name: 'scopes', value: 'LIST', description: 'Narrow the role, such as routes:read,nodes:read; * if absent' },
    { name: 'expires', value: 'WHEN', description: 'After a time (90d) or at a date (2027-01-31); never if absent' },
    {
      name: 'owner',
      value: 'USER',
      description: 'The user that the key acts for; needed once there are users',
    },
    configFlag,
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'sluice key list',
    'sluice key create NAME --owner USER --role Operator --expires 90d',
    'sluice key revoke NAME',
    '',
    ...accessNotes,
    'A key acts for its owner, and is refused while that user is disabled or removed.',
    'Before the first start there are no users. A key made then is a root key: it belongs to nobody and approves nothing.',
    'A key is printed once, alone on stdout. Send it as "Authorization: Bearer KEY" or "X-Api-Key: KEY".',
  ],
  async run(args, context) {
    const { action, operands } = readAction('key', actions, args);
    const [name = ''] = operands;
    if (action === 'create') return create(name, args, context);
    const work = action === 'list' ? list : revoke;
    await withAccess(args, context, (opened) => work(opened, { name, args, context }));
    return 0;
  },
};

/** The operands of each action. */
const actions = { list: [], create: ['NAME'], revoke: ['NAME'] } as const;

interface Call {
  readonly name: string;
  readonly args: Arguments;
  readonly context: Context;
}

/** The columns of the table of keys. */
export const keyColumns: readonly Column[] = [
  { title: 'KEY' },
  { title: 'ROLE' },
  { title: 'SCOPES', wraps: true },
  { title: 'OWNER', leaveOut: 1 },
  { title: 'EXPIRES', leaveOut: 2 },
  { title: 'LAST USED', leaveOut: 3 },
];

async function list({ access }: OpenedAccess, { args, context }: Call): Promise<void> {
  const keys = await everyPage((page) => access.apiKeys.list(page));
  const rows = keys.map(({ name, role, scopes, owner, expiresAt, lastUsedAt }) => {
    const ownerName = owner.kind === 'user' ? owner.username : owner.kind === 'store' ? '(root key)' : '(unknown)';
    return [name, role, scopes.join(','), ownerName, expiresAt ?? 'never', lastUsedAt ?? 'never'];
  });
  const text = () => table(keyColumns, rows, context);
  printEither({ json: { apiKeys: keys.map(shownKey) }, text }, args, context);
}

async function create(name: string, args: Arguments, context: Context): Promise<number> {
  const { role, scopes, owner, expires } = args.options;
  const wanted = {
    name,
    role: readRole(role),
    scopes: scopes?.split(',').map((scope) => scope.trim()) ?? ['*'],
    ...(owner !== undefined && { owner }),
    ...(expires !== undefined && { expiresAt: readFuture('expires', expires, Date.now()) }),
  };
  return withAccess(args, context, async ({ access, actor }) => {
    const made = await access.apiKeys.create(wanted, actor);
    if (made.key === undefined) throw new Error('the new key is missing from the answer');
    const root = made.apiKey.owner.kind === 'store' ? '; a root key: it belongs to nobody and approves nothing' : '';
    const text = `key ${name}: ${wanted.role}, ${wanted.scopes.join(',')}${root}; it cannot be shown again`;
    printDone({ text, json: shownKey(made.apiKey), secret: { name: 'key', value: made.key } }, args, context);
    return 0;
  });
}

async function revoke({ access, actor }: OpenedAccess, { name, args, context }: Call): Promise<void> {
  const keys = await everyPage((page) => access.apiKeys.list(page));
  const found = keys.find((each) => each.name === name || each.apiKeyId === name);
  if (found === undefined) throw new CommandFailure(`there is no key ${name}: sluice key list shows all`);
  await access.apiKeys.revoke(found.apiKeyId, actor);
  printDone({ text: `key ${found.name} is revoked`, json: shownKey(found) }, args, context);
}

function shownKey({ expiresAt, lastUsedAt, ...rest }: ApiKey): object {
  return { ...rest, expiresAt: expiresAt ?? null, lastUsedAt: lastUsedAt ?? null };
}
