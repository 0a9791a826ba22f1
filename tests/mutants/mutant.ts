/** A small defect, and the tests that should notice it. */
export interface Mutant {
  /** The area, a colon, and what is wrong. */
  name: string;
  file: string;
  /** Text that the file contains exactly once. */
  find: string;
  replace: string;
  /** Test files, relative to the repository. */
  tests: readonly string[];
  /** Why no test notices it, for a survivor that is accepted. */
  survives?: string;
}

const testFiles =
  (directory: string) =>
  (...names: string[]): string[] =>
    names.map((name) => `${directory}/${name}.test.ts`);

export const api = testFiles('apps/api/src');
export const client = testFiles('packages/client/src');
export const db = testFiles('packages/db/src');
export const schema = testFiles('packages/schema/src');
export const system = testFiles('tests');
