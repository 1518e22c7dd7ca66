#!/usr/bin/env node
// Plain JavaScript that Node 16 can read, so that an older Node gets one clear sentence instead of a syntax error.
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { node } = process.versions;

if (Number.parseInt(node, 10) < 24) {
  console.error(
    `error  Sluice needs Node 24 or newer, and this is Node ${node} (${process.execPath}): install the current long-term release from https://nodejs.org`,
  );
  process.exitCode = 1;
} else {
  cacheCompiledCode();
  void import('@sluice/cli')
    .then((program) => program.main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
      // Whatever a failed start left open may not keep the process: natural end first, so that output is flushed.
      setTimeout(() => process.exit(code), 1000).unref();
    });
}

/**
 * Keeps the compiled code beside the packages, not in a shared temporary folder where others could plant some. It halves
 * the time to start and spares each thread memory. Where the folder cannot be written, nothing is kept.
 */
function cacheCompiledCode() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/.cache/compiled');
  // Worker threads take it over from the environment.
  if (process.env.NODE_COMPILE_CACHE === undefined) process.env.NODE_COMPILE_CACHE = folder;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}
