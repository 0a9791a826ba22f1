import type { ErrorData } from '@classroom/client';

type FieldCodes = NonNullable<ErrorData['fieldCodes']>;

/** Which rule an input field broke. */
export type FieldCode = FieldCodes[string][number];
