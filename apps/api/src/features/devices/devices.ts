import { type Database, findDevices, revokeDeviceAsHost } from '@classroom/db';
import {
  type DevicePage,
  type ListDevicesInput,
  type RevokeDeviceInput,
  type RevokedDevice,
  idCursor,
} from '@classroom/schema';
import { findSessionAsHost, toDomainError } from '../../authorization.ts';
import type { AppContext } from '../../context.ts';
import { DomainError } from '../../errors.ts';
import { toPage } from '../../page.ts';

/**
 * Lists the devices that have redeemed a pairing code of a session, open or ended, and were not revoked.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND
 */
export async function listDevices(
  { db }: { db: Database },
  { code, cursor = 0, limit }: ListDevicesInput,
  tokenHash: Buffer,
): Promise<DevicePage> {
  const { session } = await findSessionAsHost(db, code, tokenHash);
  const found = await findDevices(db, {
    sessionId: session.id,
    tokenHash,
    afterId: cursor,
    limit: limit + 1,
  });
  return toPage(found, limit, {
    toItem: ({ id, role, created_at, is_current }) => ({
      id,
      role,
      createdAt: created_at.toISOString(),
      current: is_current,
    }),
    toCursor: ({ id }) => idCursor.encode(id),
  });
}

/**
 * Revokes the token of a device of a session, open or ended: a lost one could still export it. Revoking
 * it again changes nothing.
 *
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, PARTICIPANT_NOT_FOUND
 */
export async function revokeDevice(
  { db, notifyChanged }: Pick<AppContext, 'db' | 'notifyChanged'>,
  { code, deviceId }: RevokeDeviceInput,
  tokenHash: Buffer,
): Promise<RevokedDevice> {
  const outcome = await db
    .transaction()
    .execute((transaction) => revokeDeviceAsHost(transaction, { code, deviceId, tokenHash }));
  if (outcome.kind === 'refused') throw toDomainError(outcome);
  if (outcome.kind === 'device-not-found') {
    const publicMessage = 'The session has no device with this id';
    throw new DomainError('PARTICIPANT_NOT_FOUND', {}, { publicMessage });
  }
  notifyChanged(outcome.sessionId);
  return { deviceId };
}
