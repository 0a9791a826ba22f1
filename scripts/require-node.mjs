// Plain JavaScript that old versions of Node can run too.
const REQUIRED = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < REQUIRED) {
  console.error(
    `Node ${REQUIRED} or newer is required; this is Node ${process.versions.node}. ` +
      'Run "npx --yes pnpm@12.21.0 install", or install it from https://nodejs.org.',
  );
  process.exit(1);
}
