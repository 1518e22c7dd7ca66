import type { TesterRule } from '@sluice/model';
import type { Head } from '../http1/head.ts';
import { cookieValue } from './cookie-value.ts';

/**
 * Whether a request is by a tester: it has the header (given in lower case) or the cookie, with the value or, for `*`,
 * with any.
 */
export function isTester(head: Head, rule: TesterRule): boolean {
  if ('cookie' in rule) {
    const found = cookieValue(head, rule.cookie);
    return found !== undefined && (rule.value === '*' || found === rule.value);
  }
  for (let i = head.indexOf(rule.header, 0); i !== -1; i = head.indexOf(rule.header, i + 1)) {
    if (rule.value === '*' || head.valueAt(i) === rule.value) return true;
  }
  return false;
}

/** A rule as `isTester` wants it, with its header in lower case. */
export function comparableRule(rule: TesterRule): TesterRule {
  return 'header' in rule ? { ...rule, header: rule.header.toLowerCase() } : rule;
}
