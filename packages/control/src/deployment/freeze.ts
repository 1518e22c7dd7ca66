import type { FreezeWindow } from '@sluice/model';

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const minutesPerDay = 1440;

/** A sentence about the freeze that holds at a time (milliseconds since 1970); undefined when none does. */
export function freezeAt(windows: readonly FreezeWindow[], now: number): string | undefined {
  const window = windows.find((one) => holds(one, now));
  if (window === undefined) return undefined;
  const until = 'until' in window ? window.until : `${window.untilDay} ${window.untilTime} ${window.timeZone}`;
  return `The freeze "${window.name}" holds until ${until}.`;
}

function holds(window: FreezeWindow, now: number): boolean {
  if ('from' in window) return Date.parse(window.from) <= now && now < Date.parse(window.until);
  const at = minuteOfWeek(now, window.timeZone);
  const from = minuteOf(window.fromDay, window.fromTime);
  const until = minuteOf(window.untilDay, window.untilTime);
  // A freeze from Friday to Monday spans the end of the week.
  return from <= until ? from <= at && at < until : at >= from || at < until;
}

function minuteOf(day: (typeof days)[number], time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return days.indexOf(day) * minutesPerDay + hours * 60 + minutes;
}

/** Minutes since Monday 0:00 in a time zone. */
function minuteOfWeek(now: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  return minuteOf(parts['weekday'] as (typeof days)[number], `${parts['hour']}:${parts['minute']}`);
}
