import type { Contract } from '../src/contract.ts';

// Never executed: the compiler prints the inferred type of the constant into its declaration.
declare const resolve: <T>() => { [Key in keyof T]: T[Key] };

export const contract = resolve<Contract>();
