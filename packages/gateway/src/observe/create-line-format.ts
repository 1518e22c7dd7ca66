import type { AccessLogConfig } from '@sluice/model';
import type { AccessLogEntry } from './access-log-entry.ts';
import { jsonFormat } from './json-format.ts';
import type { LineFormat } from './line-format.ts';
import { templateFormat } from './template-format.ts';

const common = '${client} - ${user} [${localTime}] "${method} ${target} ${protocol}" ${status} ${bytesSent}';
const combined = `${common} "\${header:referer}" "\${header:user-agent}"`;

/** The format that the configuration names. */
export function createLineFormat(settings: Pick<AccessLogConfig, 'format' | 'template' | 'query'>): LineFormat {
  const { format = 'json', template, query } = settings;
  if (template !== undefined) return templateFormat(template, query);
  if (format === 'json') return jsonFormat(query);
  return { ...templateFormat(format === 'common' ? common : combined), showsQuery: query };
}

/** A text longer than this many characters is cut. */
const longestText = 1000;
/** The longest text in a line that would otherwise be too long. */
const shortText = 40;

/** A line of at most `longestLine` bytes, if the template itself leaves room: a longer one has its texts cut. */
export function lineOf(format: LineFormat, entry: AccessLogEntry, at: number, longestLine: number): string {
  const line = format.render(entry, at, longestText);
  // A character has at most three bytes.
  const fits = line.length * 3 <= longestLine || Buffer.byteLength(line) <= longestLine;
  return fits ? line : format.render(entry, at, shortText);
}
