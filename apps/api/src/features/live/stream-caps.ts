import { DomainError } from '../../errors.ts';
import type { Member } from './room.ts';

/** The caller that opens a stream, by what the caps count. */
export interface StreamCaller {
  /** SHA-256 of the token. */
  tokenHash: Buffer;
  /** As `clientAddress` returns it. */
  address: string;
}

/** Limits the open streams of one caller in this process. */
export interface StreamCaps {
  /**
   * Counts a stream until `delete`. One more than a token may have ends its oldest, which may be a
   * connection that was lost without a word.
   *
   * @throws DomainError RATE_LIMITED when the address has as many streams as it may have
   */
  add: (member: Member, caller: StreamCaller) => void;
  delete: (member: Member, caller: StreamCaller) => void;
}

/** The tabs and devices of one person. */
const STREAMS_PER_TOKEN = 8;
/** A large school behind one address. */
const STREAMS_PER_ADDRESS = 4_000;
const RETRY_AFTER_SECONDS = 10;

export function createStreamCaps(): StreamCaps {
  const byToken = new Map<string, Set<Member>>();
  const byAddress = new Map<string, Set<Member>>();
  return {
    add(member, { tokenHash, address }) {
      const ofAddress = byAddress.get(address);
      if (ofAddress !== undefined && ofAddress.size >= STREAMS_PER_ADDRESS) {
        throw new DomainError('RATE_LIMITED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      const token = tokenHash.toString('base64');
      const [oldest, ...others] = byToken.get(token) ?? [];
      // No retryAfterSeconds: nine tabs that retried would end one another for ever.
      if (others.length + 1 >= STREAMS_PER_TOKEN) oldest?.end(new DomainError('RATE_LIMITED'));
      addTo(byToken, token, member);
      addTo(byAddress, address, member);
    },
    delete(member, { tokenHash, address }) {
      deleteFrom(byToken, tokenHash.toString('base64'), member);
      deleteFrom(byAddress, address, member);
    },
  };
}

/** For `RATE_LIMITS=off`. */
export const noStreamCaps: StreamCaps = { add: () => {}, delete: () => {} };

function addTo(groups: Map<string, Set<Member>>, key: string, member: Member): void {
  const group = groups.get(key) ?? new Set();
  groups.set(key, group.add(member));
}

function deleteFrom(groups: Map<string, Set<Member>>, key: string, member: Member): void {
  const group = groups.get(key);
  group?.delete(member);
  if (group?.size === 0) groups.delete(key);
}
