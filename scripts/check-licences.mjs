// Fails with a line for each package installed here whose licence nobody has allowed.
import { execSync } from 'node:child_process';

/** As the packages write them: what is written in another way is looked at by somebody first. */
const ALLOWED = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '(MIT AND Zlib)',
  '(MIT OR CC0-1.0)',
];
const SETS = {
  prod: ALLOWED,
  // Used as it is and not passed on, it asks for nothing.
  dev: [...ALLOWED, 'MPL-2.0'],
};

for (const [set, allowed] of Object.entries(SETS)) {
  const listed = JSON.parse(
    execSync(`pnpm -r licenses list --${set} --json`, { encoding: 'utf8' }),
  );
  const packages = Object.values(listed).flat();
  if (packages.length === 0) throw new Error(`pnpm lists no packages of ${set}`);
  for (const { name, versions, license } of packages) {
    if (allowed.includes(license)) continue;
    console.error(
      `${name} ${versions.join(', ')} (${set}) has a licence that is not allowed: ${license}`,
    );
    process.exitCode = 1;
  }
}
