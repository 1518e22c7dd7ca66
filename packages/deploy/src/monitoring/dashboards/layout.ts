import type { GrafanaPanel, GrafanaRow } from './grafana-model.ts';
import type { UnplacedPanel } from './panel.ts';

/** Panels under a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly UnplacedPanel[];
}

const columns = 24;

/** Gives each panel its number and its place: from left to right, and a new line where the width is used up. */
export function placed(rows: readonly Row[]): readonly (GrafanaPanel | GrafanaRow)[] {
  let id = 0;
  let y = 0;
  return rows.flatMap(({ title, panels }) => {
    const heading: GrafanaRow = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    };
    y += 1;
    let [x, lineHeight] = [0, 0];
    const below = panels.map(({ width, height, ...panel }): GrafanaPanel => {
      if (x + width > columns) {
        y += lineHeight;
        [x, lineHeight] = [0, 0];
      }
      const gridPos = { x, y, w: width, h: height };
      x += width;
      lineHeight = Math.max(lineHeight, height);
      return { id: ++id, ...panel, gridPos };
    });
    y += lineHeight;
    return [heading, ...below];
  });
}
