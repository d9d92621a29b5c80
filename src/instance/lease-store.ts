import type { LeaseMember } from "./lease-member.ts";

/** In ms; after Kubernetes' client-go, whose defaults these were. */
export interface LeaseSettings {
  /** How long the lease lasts that is not renewed. */
  readonly durationMs: number;
  /** How long its holder acts without a renewal that was confirmed; shorter, by what two clocks may differ. */
  readonly renewDeadlineMs: number;
  /** Between two renewals, and, with {@link retryJitter}, between two looks of a standby. */
  readonly retryMs: number;
}

/** A standby waits up to so many times longer, so that not all ask at once. */
export const retryJitter = 1.2;

/** What asking for the lease came to. */
export type Acquisition =
  /** `finishing` holds the tokens of those before that passed the lease on and still end what they had begun. */
  | { readonly kind: "ours"; readonly token: string; readonly finishing: readonly string[] }
  | { readonly kind: "held"; readonly leftMs: number; readonly token: string; readonly holder: LeaseMember | undefined }
  /** Nobody has it, and what we saw of it before is not there any more. */
  | { readonly kind: "forgotten" };

/** Where the lease is kept. Every call may reject, hang, or take effect although it rejected. */
export interface LeaseStore {
  /** @param seen the token of a leader that was seen not longer ago than its lease lasts */
  acquire(durationMs: number, seen: string | undefined): Promise<Acquisition>;
  /** False when it is another's. */
  renew(durationMs: number, token: string): Promise<boolean>;
  /** False when it was another's already. */
  passOn(token: string, finishMs: number): Promise<boolean>;
  leave(token: string | undefined): Promise<void>;
}
