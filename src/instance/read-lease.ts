import type { Redis } from "ioredis";
import { z } from "zod";
import { epochOf, leaseKeys } from "./lease-keys.ts";
import { type LeaseMember, readMember } from "./lease-member.ts";
import { reportScript } from "./lease-scripts.ts";

/** How the lease of one bot stands, at one moment. */
export interface LeaseReport {
  /** Absent when nobody leads. */
  readonly leader: LeaseMember | undefined;
  /** Of the leader, or of the last one there was; 0 when there never was one. */
  readonly epoch: number;
  /** When the lease ends that is not renewed, ms; absent when nobody leads. */
  readonly expiresInMs: number | undefined;
  /** Those of former leaders that end what they had begun. */
  readonly finishingEpochs: readonly number[];
  readonly standbys: readonly LeaseMember[];
}

/** Asks Redis, in the database of the bot, and changes nothing. Rejects with what Redis answers. */
export async function readLease(redis: Pick<Redis, "eval">, fingerprint: string): Promise<LeaseReport> {
  const { holder, fence, finishing, standbys } = leaseKeys(fingerprint);
  const reply = await redis.eval(reportScript, 4, holder, fence, finishing, standbys);
  const [leader, leftMs, token, finishingTokens, waiting] = replySchema.parse(reply);
  return {
    leader: readMember(leader),
    epoch: epochOf(token),
    expiresInMs: leader === "" ? undefined : leftMs,
    finishingEpochs: finishingTokens.map(epochOf),
    standbys: waiting.flatMap((text) => readMember(text) ?? []),
  };
}

const names = z.array(z.string());
const replySchema = z.tuple([z.string(), z.number(), z.string(), names, names]);
