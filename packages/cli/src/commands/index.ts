import type { Command } from '../command/command.ts';
import { apply } from './apply.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { backup } from './backup.ts';
import { backends } from './backends.ts';
import { check } from './check.ts';
import { createCompletion } from './completion.ts';
import { confirm } from './confirm.ts';
import { consumer } from './consumer.ts';
import { createHelp } from './help.ts';
import { demo } from './demo.ts';
import { deploy } from './deploy.ts';
import { deployments } from './deployments.ts';
import { diff } from './diff.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { hashKey } from './hash-key.ts';
import { init } from './init.ts';
import { key } from './key.ts';
import { line } from './line.ts';
import { logLevel } from './log-level.ts';
import { logs } from './logs.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { monitoring } from './monitoring.ts';
import { nodes } from './nodes.ts';
import { pause } from './pause.ts';
import { promote } from './promote.ts';
import { reject } from './reject.ts';
import { restore } from './restore.ts';
import { resume } from './resume.ts';
import { rollback } from './rollback.ts';
import { routes } from './routes.ts';
import { schema } from './schema.ts';
import { start } from './start.ts';
import { token } from './token.ts';
import { top } from './top.ts';
import { user } from './user.ts';
import { version } from './version.ts';
import { watch } from './watch.ts';

const allButHelp: readonly Command[] = [
  start,
  check,
  init,
  schema,
  apply,
  diff,
  exportCommand,
  deploy,
  deployments,
  watch,
  promote,
  pause,
  resume,
  approve,
  reject,
  rollback,
  confirm,
  line,
  demo,
  login,
  logout,
  token,
  nodes,
  logLevel,
  routes,
  backends,
  explain,
  logs,
  top,
  user,
  key,
  consumer,
  hashKey,
  audit,
  backup,
  restore,
  doctor,
  monitoring,
  createCompletion(() => commands),
  version,
];

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [...allButHelp, createHelp(allButHelp)];
