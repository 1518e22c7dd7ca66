/**
 * The part of Grafana's classic dashboard model that we write. The schema is that of Grafana 11, which later versions migrate by
 * themselves (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
 */
export interface GrafanaDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: 39;
  readonly editable: boolean;
  /** 1: the crosshair stands at the same time in every panel. */
  readonly graphTooltip: 1;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timezone: 'browser';
  readonly links: readonly GrafanaLink[];
  readonly annotations: { readonly list: readonly GrafanaAnnotation[] };
  readonly templating: { readonly list: readonly GrafanaVariable[] };
  readonly panels: readonly (GrafanaPanel | GrafanaRow)[];
}

export interface DataSource {
  readonly type: string;
  readonly uid: string;
}

/** A list of the dashboards with a tag. */
export interface GrafanaLink {
  readonly type: 'dashboards';
  readonly title: string;
  readonly tooltip: string;
  readonly icon: string;
  readonly tags: readonly string[];
  readonly asDropdown: boolean;
  readonly includeVars: boolean;
  readonly keepTime: boolean;
  readonly targetBlank: boolean;
}

/** Marks in every panel. */
export interface GrafanaAnnotation {
  readonly name: string;
  readonly datasource: DataSource;
  readonly enable: boolean;
  readonly hide: boolean;
  readonly iconColor: string;
  readonly target: Readonly<Record<string, unknown>> & { readonly refId: string };
  /** What a mark made from a query of Prometheus says. */
  readonly titleFormat?: string;
}

/** What a person chooses at the top of a dashboard. */
export interface GrafanaVariable {
  readonly name: string;
  readonly label: string;
  readonly type: 'datasource' | 'query';
  readonly query: string;
  readonly datasource?: DataSource;
  readonly current?: { readonly text: string | readonly string[]; readonly value: string | readonly string[] };
  readonly includeAll: boolean;
  readonly multi: boolean;
  readonly allValue?: string;
  /** 1: asked when the dashboard opens; 2: also when the time range changes. */
  readonly refresh: 1 | 2;
  /** 7: as people sort, with numbers by their value. */
  readonly sort?: 7;
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A heading across the dashboard. */
export interface GrafanaRow {
  readonly id: number;
  readonly type: 'row';
  readonly title: string;
  readonly collapsed: false;
  readonly gridPos: GridPosition;
  readonly panels: readonly [];
}

export interface GrafanaTarget {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly format: 'time_series' | 'heatmap';
  readonly instant: false;
  readonly range: true;
  /** Also shows the exemplars, whose trace ids lead to traces. */
  readonly exemplar: boolean;
}

export interface GrafanaThresholds {
  readonly mode: 'absolute';
  readonly steps: readonly { readonly color: string; readonly value: number | null }[];
}

/** Texts and colours in the place of numbers. */
export interface GrafanaMapping {
  readonly type: 'value';
  readonly options: Readonly<Record<string, { readonly text: string; readonly color: string; readonly index: number }>>;
}

/** How values are shown. */
export interface GrafanaFieldConfig {
  readonly defaults: {
    readonly unit: string;
    readonly min?: number;
    readonly max?: number;
    readonly noValue?: string;
    readonly color: { readonly mode: 'palette-classic' | 'thresholds' };
    readonly thresholds: GrafanaThresholds;
    readonly mappings: readonly GrafanaMapping[];
    readonly custom: Readonly<Record<string, unknown>>;
  };
  readonly overrides: readonly [];
}

export interface GrafanaPanel {
  readonly id: number;
  readonly type: 'timeseries' | 'stat' | 'heatmap' | 'state-timeline';
  readonly title: string;
  readonly description: string;
  readonly datasource: DataSource;
  readonly gridPos: GridPosition;
  readonly targets: readonly GrafanaTarget[];
  readonly fieldConfig: GrafanaFieldConfig;
  readonly options: Readonly<Record<string, unknown>>;
  readonly repeat?: string;
  readonly repeatDirection?: 'h';
  readonly maxPerRow?: number;
}
