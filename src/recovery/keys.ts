/** Where everything is kept in Redis. Every key but the index and `instance` belongs to one interaction. */
export interface StoreKeys {
  /** A hash about an open interaction, see `recordFields`; expires with the token. Absent once it is struck off. */
  record(interactionId: string): string;
  /** Holds the id of the instance that may run it. Outlives the record: expires with the token. */
  claim(interactionId: string): string;
  /** Sorted set of the ids with a record, by the end of their token. */
  readonly index: string;
  /** Exists while this instance lives. */
  instance(instanceId: string): string;
}

/** @param fingerprint names the bot token, so that several bots can share one Redis */
export function storeKeys(fingerprint: string): StoreKeys {
  const prefix = `signalguard:${fingerprint}`;
  return {
    record: (interactionId) => `${prefix}:interaction:${interactionId}:open`,
    claim: (interactionId) => `${prefix}:interaction:${interactionId}:claim`,
    index: `${prefix}:interactions`,
    instance: (instanceId) => `${prefix}:instance:${instanceId}`,
  };
}
