/** Where the lease of one bot is kept in Redis. */
export interface LeaseKeys {
  /** Hash about whoever leads: `id`, `token`, `member`. Expires with the lease. */
  readonly holder: string;
  /** The token of whoever leads, or led last: `<epoch>:<id>`. Never expires. */
  readonly fence: string;
  /** Sorted set of the tokens of those that have passed the lead on and end what they had begun, by until when. */
  readonly finishing: string;
  /** Sorted set of those who wait, by when they count as gone, in ms of Redis's clock. */
  readonly standbys: string;
  /** The channel on which it is told that the lease is free. */
  readonly freeChannel: string;
}

/** @param fingerprint names the bot token, so that several bots can share one Redis */
export function leaseKeys(fingerprint: string): LeaseKeys {
  const prefix = `signalguard:${fingerprint}:lease`;
  return {
    holder: prefix,
    fence: `${prefix}:fence`,
    finishing: `${prefix}:finishing`,
    standbys: `${prefix}:standbys`,
    freeChannel: `${prefix}:free`,
  };
}

/** The number that grows with every change of the leader. */
export const epochOf = (token: string): number => Number(/^(\d+):/.exec(token)?.[1] ?? 0);
