import type { Migration } from 'kysely/migration';
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

/**
 * Every migration, in order. A static list, because a bundle has no directory to read; a test fails when
 * a file is missing. A merged migration is frozen.
 */
export const migrations: Record<string, Migration> = {
  '0001-sessions': sessions,
  '0002-expiry-sweep': expirySweep,
  '0003-removal': removal,
  '0004-pairings': pairings,
  '0005-retention': retention,
  '0006-questions': questions,
  '0007-changed-at': changedAt,
  '0008-session-limits': sessionLimits,
  '0009-configuration': configuration,
  '0010-host-keys': hostKeys,
  '0011-device-roles': deviceRoles,
  '0012-moderation': moderation,
  '0013-names': names,
  '0014-name-hashes': nameHashes,
};
