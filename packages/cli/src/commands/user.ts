import { randomBytes } from 'node:crypto';
import { roles } from '@sluice/model';
import type { User } from '@sluice/control';
import { everyPage, readAction } from '../access/actions.ts';
import { readRole } from '../access/read-role.ts';
import type { Column } from '../terminal/fit-table.ts';
import { table } from '../terminal/table.ts';
import { printDone, printEither } from '../terminal/print.ts';
import { UsageError } from '../command/command.ts';
import type { Arguments, Command, Context } from '../command/command.ts';
import { newPassword, passwordFileFlag } from '../secrets/choose-password.ts';
import { apiFlags } from '../remote/connect.ts';
import { configFlag } from '../store-access/store-location.ts';
import { accessNotes, withAccess } from '../access/with-access.ts';
import type { OpenedAccess } from '../access/with-access.ts';

export const user: Command = {
  name: 'user',
  summary: 'List, add and change the users of the management API',
  positionals: ['ACTION', '[NAME]', '[ROLE]'],
  get words() {
    return Object.keys(actions);
  },
  flags: [
    { name: 'role', value: 'ROLE', choices: roles, description: 'Role of a new user: Admin, Operator or Viewer' },
    { name: 'generate', description: 'Make up a password; it is printed once, alone on stdout' },
    passwordFileFlag,
    { name: 'must-change', description: 'Ask for a new password at the first login' },
    configFlag,
    ...apiFlags,
    { name: 'json', description: 'Print JSON' },
  ],
  notes: [
    'sluice user list',
    'sluice user add NAME --role Viewer',
    'sluice user password NAME',
    'sluice user role NAME Operator',
    'sluice user enable NAME, disable NAME, remove NAME',
    '',
    ...accessNotes,
    'A password is asked for, or comes from --password-file, SLUICE_PASSWORD, SLUICE_PASSWORD_FILE or --generate.',
  ],
  async run(args, context) {
    const { action, operands } = readAction('user', actions, args);
    if (args.switches.has('generate') && args.options['password-file'] !== undefined) {
      throw new UsageError('--generate makes up a password: leave out --password-file, or --generate');
    }
    const [name = ''] = operands;
    if (action === 'list') return withAccess(args, context, (opened) => list(opened, args, context));
    if (action === 'add') return add(name, args, context);
    if (action === 'password') return setPassword(name, args, context);
    if (action === 'remove') {
      return withAccess(args, context, async ({ access, actor }) => {
        const { username } = await access.users.get(name);
        await access.users.remove(name, actor);
        printDone({ text: `user ${username} is removed`, json: { username } }, args, context);
        return 0;
      });
    }
    const patch = action === 'role' ? { role: readRole(operands[1]) } : { isEnabled: action === 'enable' };
    return withAccess(args, context, async ({ access, actor }) => {
      const changed = await access.users.update(name, patch, actor);
      printDone({ text: described(changed), json: shownUser(changed) }, args, context);
      return 0;
    });
  },
};

/** The operands of each action. */
const actions = {
  list: [],
  add: ['NAME'],
  password: ['NAME'],
  role: ['NAME', 'ROLE'],
  enable: ['NAME'],
  disable: ['NAME'],
  remove: ['NAME'],
} as const;

/** The columns of the table of users. */
export const userColumns: readonly Column[] = [
  { title: 'USER' },
  { title: 'ROLE' },
  { title: 'STATE' },
  { title: 'LAST LOGIN', leaveOut: 1 },
];

async function list({ access }: OpenedAccess, args: Arguments, context: Context): Promise<number> {
  const users = await everyPage((page) => access.users.list(page));
  const rows = users.map((each) => [each.username, each.role, stateOf(each), each.lastLoginAt ?? 'never']);
  const text = () => table(userColumns, rows, context);
  printEither({ json: { users: users.map(shownUser) }, text }, args, context);
  return 0;
}

async function add(name: string, args: Arguments, context: Context): Promise<number> {
  const role = readRole(args.options['role']);
  return withAccess(args, context, async ({ access, actor }) => {
    const { secret, ...chosen } = await choosePassword(args, context);
    const made = await access.users.create({ username: name, role, ...chosen }, actor);
    printDone({ text: described(made), json: shownUser(made), secret }, args, context);
    return 0;
  });
}

function setPassword(name: string, args: Arguments, context: Context): Promise<number> {
  return withAccess(args, context, async ({ access, actor }) => {
    // A missing user is reported before a password is asked for.
    const { username } = await access.users.get(name);
    const { secret, ...chosen } = await choosePassword(args, context);
    const changed = await access.users.update(username, chosen, actor);
    const text = `${username} has a new password, and is logged out everywhere`;
    printDone({ text, json: shownUser(changed), secret }, args, context);
    return 0;
  });
}

async function choosePassword(args: Arguments, context: Context) {
  const { switches } = args;
  const generated = switches.has('generate');
  // 144 bits, in letters and digits and - and _.
  const password = generated ? randomBytes(18).toString('base64url') : await newPassword(args, context);
  const mustChangePassword = generated || switches.has('must-change');
  return { password, mustChangePassword, secret: generated ? { name: 'password', value: password } : undefined };
}

function described({ username, role, isEnabled }: User): string {
  return `user ${username}: ${role}, ${isEnabled ? 'enabled' : 'disabled'}`;
}

function stateOf({ isEnabled, external, mustChangePassword }: User): string {
  if (!isEnabled) return 'disabled';
  if (external) return 'enabled, logs in elsewhere';
  return mustChangePassword ? 'enabled, must change the password' : 'enabled';
}

function shownUser({ lastLoginAt, ...rest }: User): object {
  return { ...rest, lastLoginAt: lastLoginAt ?? null };
}
