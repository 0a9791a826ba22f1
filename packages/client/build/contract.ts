import type { Contract } from '../src/contract.ts';

// Never run: the compiler writes into the declaration of the constant the type that it infers.
declare const resolve: <T>() => { [Key in keyof T]: T[Key] };

export const contract = resolve<Contract>();
