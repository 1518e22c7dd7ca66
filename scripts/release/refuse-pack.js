// `npm pack` in packages/ would pack TypeScript, which Node does not run below node_modules.
console.error('error  packages are packed from build/: npm run build, then npm pack ./build/NAME');
process.exitCode = 1;
