import { dashboards } from '../../packages/deploy/src/index.ts';
import { markdownTable } from './markdown.ts';

/** Every dashboard of `sluice monitoring`, in a table. */
export function renderDashboards(): string {
  const rows = dashboards().map(({ title, description, templating: { list } }) => {
    const choices = list.filter(({ type }) => type === 'query').map(({ label }) => label.toLowerCase());
    // Behind the text stands which command has written the file.
    return [title, description.slice(0, description.lastIndexOf(' (')), choices.join(', ')];
  });
  return markdownTable(['dashboard', 'what it is for', 'what to choose'], rows);
}
