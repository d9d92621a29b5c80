import { createHmac, timingSafeEqual } from "node:crypto";

/** The clocks of two machines may differ by this, and a request may be on its way for as long, s. */
const toleranceSeconds = 5 * 60;

export interface SignedBody {
  /** `t=<unix seconds>,v1=<hex HMAC-SHA256 over "<t>.<body>">`, as it came. */
  readonly signature: unknown;
  /** Byte for byte as it came. */
  readonly body: Buffer;
}

/** Whether somebody who knows the secret signed the body, and within the last minutes. Takes as long for any wrong signature. */
export function isSigned({ signature, body }: SignedBody, secret: string, nowMs: number): boolean {
  if (typeof signature !== "string") return false;
  const [, seconds, claimed] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/i.exec(signature) ?? [];
  if (seconds === undefined || claimed === undefined) return false;
  const right = createHmac("sha256", secret).update(`${seconds}.`).update(body).digest();
  const isRight = timingSafeEqual(Buffer.from(claimed, "hex"), right);
  return isRight && Math.abs(nowMs / 1000 - Number(seconds)) <= toleranceSeconds;
}
