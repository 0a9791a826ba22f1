// Plain JavaScript that any Node runs, so that the wrong one is told so in one line.
const NEEDED = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < NEEDED) {
  console.error(`Node ${NEEDED} or newer is needed, and this is ${process.versions.node}.`);
  process.exit(1);
}
