import { readAuditQuery, shownEntries } from '../access/audit-query.ts';
import { followAudit, latestEntries } from '../access/read-audit.ts';
import type { Command } from '../command/command.ts';
import { apiFlags } from '../remote/connect.ts';
import { configFlag } from '../store-access/store-location.ts';
import { accessNotes, withAccess } from '../access/with-access.ts';

export const audit: Command = {
  name: 'audit',
  summary: 'Show the audit log: who did what, from where',
  positionals: [],
  flags: [
    { name: 'since', value: 'WHEN', description: 'Start at a time ago (1h, 7d) or a date (2026-01-31)' },
    { name: 'user', value: 'NAME', description: 'Only by this user or API key' },
    { name: 'entity', value: 'TYPE[/ID]', description: 'Only about this, such as route or route/checkout' },
    { name: 'type', value: 'EVENT', description: 'Only of this type, such as route.updated' },
    { name: 'limit', short: 'n', value: 'N', description: 'The latest N entries; 50 if absent' },
    { name: 'follow', short: 'f', description: 'Show new entries as they come; Ctrl-C ends it' },
    configFlag,
    ...apiFlags,
    { name: 'json', description: 'Print JSON, one entry a line' },
  ],
  notes: ['The newest entry comes last.', ...accessNotes],
  async run(args, context) {
    const query = readAuditQuery(args, Date.now());
    return withAccess(args, context, async ({ access }) => {
      const latest = await latestEntries(access.audit, query);
      context.stdout.write(shownEntries(latest, args, context));
      if (!args.switches.has('follow')) {
        if (latest.length === 0) context.stderr.write('no entry matches\n');
        return 0;
      }
      for await (const entries of followAudit(access.audit, { query, latest })) {
        context.stdout.write(shownEntries(entries, args, context));
      }
      return 0;
    });
  },
};
