import { type ErrorDetails, type FieldCode, fieldCode } from '@classroom/schema';
import { z } from 'zod';

const REQUIRED = 'Required';

// Not in packages/schema, whose modules must have no side effects.
z.config({ customError: ({ input }) => (input === undefined ? REQUIRED : undefined) });

/** Returns messages and codes by field; `input` stands for the input as a whole. */
export function toFieldErrors({
  issues,
}: z.ZodError): Required<Pick<ErrorDetails, 'fieldErrors' | 'fieldCodes'>> {
  const fieldErrors: Record<string, string[]> = {};
  const fieldCodes: Record<string, FieldCode[]> = {};
  for (const issue of issues) {
    const field = String(issue.path[0] ?? 'input');
    (fieldErrors[field] ??= []).push(issue.message);
    (fieldCodes[field] ??= []).push(codeOf(issue));
  }
  return { fieldErrors, fieldCodes };
}

function codeOf(issue: z.core.$ZodIssue): FieldCode {
  if (issue.message === REQUIRED) return 'REQUIRED';
  switch (issue.code) {
    case 'invalid_type':
      return 'WRONG_TYPE';
    case 'too_small':
      return issue.origin === 'string' ? 'TOO_SHORT' : 'TOO_SMALL';
    case 'too_big':
      return issue.origin === 'string' ? 'TOO_LONG' : 'TOO_BIG';
    case 'invalid_format':
    case 'invalid_union':
      return 'WRONG_FORMAT';
    case 'invalid_value':
      return 'UNKNOWN_VALUE';
    case 'custom':
      return fieldCode.catch('INVALID').parse(issue.params?.['code']);
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    default:
      return 'INVALID';
  }
}
