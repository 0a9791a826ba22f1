import type { Migration } from 'kysely/migration';
import type { Compatibility } from '../src/tables.ts';
import * as sessions from './0001-sessions.ts';
import * as expirySweep from './0002-expiry-sweep.ts';
import * as removal from './0003-removal.ts';
import * as pairings from './0004-pairings.ts';
import * as retention from './0005-retention.ts';
import * as questions from './0006-questions.ts';
import * as changedAt from './0007-changed-at.ts';
import * as sessionLimits from './0008-session-limits.ts';
import * as configuration from './0009-configuration.ts';
import * as hostKeys from './0010-host-keys.ts';
import * as deviceRoles from './0011-device-roles.ts';
import * as moderation from './0012-moderation.ts';
import * as names from './0013-names.ts';
import * as nameHashes from './0014-name-hashes.ts';
import * as compatibility from './0015-migration-compatibility.ts';

/** A migration, and whether older processes may run beside it (ADR 21). */
export interface ReleasedMigration extends Required<Migration> {
  compatibility: Compatibility;
}

/**
 * Every migration, in order. A static list, because a bundle has no directory to read; a test fails when
 * a file is missing. A merged migration is frozen.
 */
export const migrations: Record<string, ReleasedMigration> = {
  '0001-sessions': { ...sessions, compatibility: 'expand' },
  '0002-expiry-sweep': { ...expirySweep, compatibility: 'expand' },
  '0003-removal': { ...removal, compatibility: 'contract' },
  '0004-pairings': { ...pairings, compatibility: 'expand' },
  '0005-retention': { ...retention, compatibility: 'expand' },
  '0006-questions': { ...questions, compatibility: 'contract' },
  '0007-changed-at': { ...changedAt, compatibility: 'expand' },
  '0008-session-limits': { ...sessionLimits, compatibility: 'contract' },
  '0009-configuration': { ...configuration, compatibility: 'contract' },
  '0010-host-keys': { ...hostKeys, compatibility: 'contract' },
  '0011-device-roles': { ...deviceRoles, compatibility: 'contract' },
  '0012-moderation': { ...moderation, compatibility: 'contract' },
  '0013-names': { ...names, compatibility: 'expand' },
  '0014-name-hashes': { ...nameHashes, compatibility: 'contract' },
  '0015-migration-compatibility': { ...compatibility, compatibility: 'expand' },
};
