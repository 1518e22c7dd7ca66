/**
 * Runs after `npm ci` and `npm install` in this repository, and deletes what nothing here reads from node_modules: the C headers
 * of the packaged Node (67 MB; no add-on is compiled), the source maps of packages (15 MB) and the sources that they lead to in the
 * two largest (6 MB). Plain JavaScript for Node 20.
 */
import { readdirSync, rmSync } from 'node:fs';

const modules = new URL('../node_modules/', import.meta.url);

for (const name of readdirSync(modules)) {
  if (/^node-(bin-)?(linux|darwin|win)-/.test(name))
    rmSync(new URL(`${name}/include/`, modules), { recursive: true, force: true });
}
for (const sources of ['mongodb/src', 'zod/src']) rmSync(new URL(sources, modules), { recursive: true, force: true });
for (const path of readdirSync(modules, { recursive: true })) {
  if (/\.[cm]?[jt]s\.map$/.test(path)) rmSync(new URL(path.replaceAll('\\', '/'), modules));
}
