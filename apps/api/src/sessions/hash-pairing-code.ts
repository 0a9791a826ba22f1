import { hashSecret } from '../token.ts';

/**
 * What is stored of a pairing code. It is short enough to be found from its hash; what protects it
 * is that it lives for minutes and works once. With the join code no hash is like another session's.
 */
export function hashPairingCode(joinCode: string, pairingCode: string): Buffer {
  return hashSecret(`${joinCode} ${pairingCode}`);
}
