// Prints each installed package whose licence is not in the list, and fails if there is one.
import { execSync } from 'node:child_process';

/** Compared literally: review any other spelling before adding it. */
const ALLOWED = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  '(MIT AND Zlib)',
  '(MIT OR CC0-1.0)',
];
const SETS = {
  prod: ALLOWED,
  // MPL-2.0 imposes no obligation on tools that are used unmodified and not distributed. PSF-2.0, of a
  // parser that Redocly's linter uses, is permissive.
  dev: [...ALLOWED, 'MPL-2.0', 'PSF-2.0'],
};

for (const [set, allowed] of Object.entries(SETS)) {
  const listed = JSON.parse(
    execSync(`pnpm -r licenses list --${set} --json`, { encoding: 'utf8' }),
  );
  const packages = Object.values(listed).flat();
  if (packages.length === 0) throw new Error(`pnpm lists no ${set} packages; run pnpm install`);
  for (const { name, versions, license } of packages) {
    if (allowed.includes(license)) continue;
    console.error(
      `${name} ${versions.join(', ')} (${set}): the licence ${license} is not allowed; replace the package, or add its licence in scripts/check-licences.mjs`,
    );
    process.exitCode = 1;
  }
}
