import { DomainError } from '../../errors.ts';
import type { Subscription } from './room.ts';

/** Limits the open streams of one caller in this process. */
export interface StreamCaps {
  /**
   * Counts a subscription until `delete`. One above the cap of its token ends the oldest, whose
   * connection may have been lost unnoticed.
   *
   * @throws DomainError RATE_LIMITED when the address is at its cap
   */
  add: (subscription: Subscription) => void;
  delete: (subscription: Subscription) => void;
}

/** Enough for the tabs and devices of one person. */
const STREAMS_PER_TOKEN = 8;
/** Enough for a large school behind one address. */
const STREAMS_PER_ADDRESS = 4_000;
const RETRY_AFTER_SECONDS = 10;
const TOO_MANY_STREAMS = `This token has opened another live stream; it has at most ${STREAMS_PER_TOKEN}`;

export function createStreamCaps(): StreamCaps {
  const byToken = new Map<string, Set<Subscription>>();
  const byAddress = new Map<string, Set<Subscription>>();
  return {
    add(subscription) {
      const { tokenHash, address } = subscription.caller;
      const ofAddress = byAddress.get(address);
      if (ofAddress !== undefined && ofAddress.size >= STREAMS_PER_ADDRESS) {
        throw new DomainError('RATE_LIMITED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      const token = tokenHash.toString('base64');
      const [oldest, ...others] = byToken.get(token) ?? [];
      // No retryAfterSeconds: nine tabs that retry would end each other's streams endlessly.
      if (others.length + 1 >= STREAMS_PER_TOKEN) {
        oldest?.end(new DomainError('RATE_LIMITED', {}, { publicMessage: TOO_MANY_STREAMS }));
      }
      addTo(byToken, token, subscription);
      addTo(byAddress, address, subscription);
    },
    delete(subscription) {
      const { tokenHash, address } = subscription.caller;
      deleteFrom(byToken, tokenHash.toString('base64'), subscription);
      deleteFrom(byAddress, address, subscription);
    },
  };
}

/** For `RATE_LIMITS=off`. */
export const noStreamCaps: StreamCaps = { add: () => {}, delete: () => {} };

function addTo(
  groups: Map<string, Set<Subscription>>,
  key: string,
  subscription: Subscription,
): void {
  const group = groups.get(key) ?? new Set();
  groups.set(key, group.add(subscription));
}

function deleteFrom(
  groups: Map<string, Set<Subscription>>,
  key: string,
  subscription: Subscription,
): void {
  const group = groups.get(key);
  group?.delete(subscription);
  if (group?.size === 0) groups.delete(key);
}
