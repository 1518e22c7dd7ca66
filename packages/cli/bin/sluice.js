#!/usr/bin/env node
// Starts the command on a Node that runs TypeScript as it is. Kept to plain JavaScript that Node 16 can read, so that an
// older Node gets a newer one, or a clear message, instead of a syntax error.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const parts = process.versions.node.split('.').map(Number);
const newEnough = parts[0] > 22 || (parts[0] === 22 && parts[1] >= 18);

if (newEnough) {
  cacheCompiledCode();
  void import('../src/main.ts')
    .then((program) => program.main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code;
      // Whatever a failed start left open may not keep the process: natural end first, so that output is flushed.
      setTimeout(() => process.exit(code), 1000).unref();
    });
} else {
  const node = packagedNode();
  if (node === undefined) {
    console.error(
      'Sluice needs Node 22.18 or newer; this is Node ' + process.versions.node + ' (' + process.execPath + ').',
    );
    console.error(
      'The packaged Node was not found: run "npm ci" where Sluice is installed, with install scripts allowed,',
    );
    console.error('or install a newer Node from https://nodejs.org.');
    process.exitCode = 1;
  } else {
    continueWith(node);
  }
}

/**
 * Keeps the compiled code beside the packages, not in a shared temporary folder where others could plant some. It halves
 * the time to start and spares each thread the TypeScript reader's memory. Where the folder cannot be written, nothing is kept.
 */
function cacheCompiledCode() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/.cache/compiled');
  // Worker threads take it over from the environment.
  if (process.env.NODE_COMPILE_CACHE === undefined) process.env.NODE_COMPILE_CACHE = folder;
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

/** The Node that the `node` package brings, or undefined. */
function packagedNode() {
  const require = createRequire(import.meta.url);
  try {
    const file = join(
      dirname(require.resolve('node/package.json')),
      'bin',
      process.platform === 'win32' ? 'node.exe' : 'node',
    );
    return existsSync(file) ? file : undefined;
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Runs this same file with another Node, in its place: same arguments and streams, signals passed on, same end. */
function continueWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url)].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'];
  const passOn = (signal) => child.kill(signal);
  signals.forEach((signal) => process.on(signal, passOn));
  child.on('error', (error) => {
    console.error('The packaged Node (' + node + ') cannot be started: ' + error.message);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    signals.forEach((name) => process.off(name, passOn));
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}
