import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dashboards } from './dashboards.ts';
import type { GrafanaDashboard } from './grafana-model.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
let folder: string;

beforeAll(() => {
  // Below node_modules, where the compiler finds the package with Grafana's types.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'grafana-schema-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The types of the options and the fields of each kind of panel. */
const panelTypes = {
  timeseries: 'TimeSeries',
  stat: 'Stat',
  heatmap: 'Heatmap',
  'state-timeline': 'StateTimeline',
} as const;

// JSON has the values of Grafana's enumerations, and the options of a panel need not be complete.
const types = `import type * as grafana from '@grafana/schema';
${Object.values(panelTypes)
  .map((name) => {
    const path = `@grafana/schema/dist/esm/raw/composable/${name.toLowerCase()}/panelcfg/x/${name}PanelCfg_types.gen`;
    return `import type * as ${name} from '${path}';`;
  })
  .join('\n')}
type Plain<T> = T extends string ? \`\${T}\` : T extends (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Variable = Omit<grafana.VariableModel, 'type'> & { type: grafana.VariableType };
/** The plugin of Prometheus adds a title; the rest of an annotation is Grafana's own. */
type Annotation = Omit<Plain<grafana.AnnotationQuery>, 'target'> & { target: object; titleFormat?: string };
export type Dashboard = Omit<Plain<grafana.Dashboard>, 'panels' | 'templating' | 'annotations'> & {
  panels: unknown[];
  templating: { list: Plain<Variable>[] };
  annotations: { list: Annotation[] };
};
export type Row = Plain<grafana.RowPanel>;
interface Target { refId: string; expr: string; legendFormat: string; format: 'time_series' | 'heatmap' | 'table'; instant: boolean; range: boolean; exemplar: boolean }
type PanelOf<Options, Custom> = Omit<Plain<grafana.Panel>, 'options' | 'fieldConfig' | 'targets'> & {
  options: Plain<Partial<Options>>;
  fieldConfig: { defaults: Omit<Plain<grafana.FieldConfig>, 'custom'> & { custom?: Plain<Partial<Custom>> }; overrides: [] };
  targets: Target[];
};
${Object.entries(panelTypes)
  .map(([type, name]) => {
    const custom = name === 'Stat' ? '{}' : `${name}.FieldConfig`;
    return `export type ${name}Panel = PanelOf<${name}.Options, ${custom}> & { type: '${type}' };`;
  })
  .join('\n')}
`;

/** A program that compiles if the JSON is what Grafana describes, and has nothing besides. */
function programOf({ panels, ...rest }: GrafanaDashboard): string {
  const imports = ['Dashboard', 'Row', ...Object.values(panelTypes).map((name) => `${name}Panel`)];
  const parts = panels.map((panel) => {
    const type = panel.type === 'row' ? 'Row' : `${panelTypes[panel.type]}Panel`;
    return `export const panel${panel.id}: ${type} = ${JSON.stringify(panel, null, 1)};`;
  });
  return `import type { ${imports.join(', ')} } from './types.ts';
export const dashboard: Dashboard = ${JSON.stringify({ ...rest, panels: [] }, null, 1)};
${parts.join('\n')}
`;
}

/** What the compiler says of a dashboard for each file. */
async function findings(programs: Readonly<Record<string, string>>): Promise<string> {
  writeFileSync(join(folder, 'types.ts'), types);
  for (const [name, program] of Object.entries(programs)) writeFileSync(join(folder, `${name}.ts`), program);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'es2024',
    lib: ['es2024', 'dom'],
    types: [],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    allowImportingTsExtensions: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const args = [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

test("the dashboards are what Grafana's published types describe (Grafana itself is not run)", async () => {
  const all = Object.fromEntries(dashboards().map((dashboard) => [dashboard.uid, programOf(dashboard)]));
  expect(await findings(all)).toBe('');
});

test('what Grafana does not know is found', async () => {
  const [overview] = dashboards();
  const spoiled = [
    ['"palette-classic"', '"palette-clasic"'],
    ['"showLegend"', '"showLegends"'],
    ['"gridPos"', '"gridPosition"'],
    ['"thresholdsStyle"', '"thresholdStyle"'],
    ['"graphTooltip": 1', '"graphTooltip": 7'],
    ['"asDropdown"', '"asDropDown"'],
    ['"multi": true', '"multiple": true'],
    ['"legendFormat"', '"legend"'],
  ];
  const programs = spoiled.map(([good, bad], index) => [`spoiled-${index}`, programOf(overview).replace(good, bad)]);
  const found = await findings(Object.fromEntries(programs) as Record<string, string>);
  for (const [index] of spoiled.entries()) expect(found).toContain(`spoiled-${index}.ts(`);
});
