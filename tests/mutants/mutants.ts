/** A small defect, and the tests that should notice it. */
export interface Mutant {
  /** The area, and what is wrong. */
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

export const MUTANTS: readonly Mutant[] = [];
