import type { IShardingStrategy } from "@discordjs/ws";

/** A way to run shards that tells when its end has taken effect. */
export interface Shards extends IShardingStrategy {
  /**
   * After `destroy` was called: resolves when every event that was on its way through the library has been emitted, and none
   * is received any more, however long the connections take to close.
   */
  quiet(): Promise<void>;
}
