import { createHash } from 'node:crypto';
import { nameKey } from '@classroom/schema';

/**
 * Returns the SHA-256 of a name's key: two names are the same name when their hashes are equal. The key
 * itself can exceed the size limit of an index row.
 */
export function hashName(displayName: string): Buffer {
  return createHash('sha256').update(nameKey(displayName)).digest();
}

/** The hash of a name, as the parameter of a statement. */
export interface NameColumns {
  nameHash: Buffer;
}
