import { typedCode } from './code.ts';

export const JOIN_CODE_MIN_LENGTH = 5;
export const JOIN_CODE_MAX_LENGTH = 10;

/** What students type to come in. */
export const joinCode = typedCode(JOIN_CODE_MIN_LENGTH, JOIN_CODE_MAX_LENGTH);
