import { createHash } from "node:crypto";

/**
 * Names a bot token without being one: the same for every configuration with this token, and nothing can be learned from
 * it. 16 hexadecimal digits, safe in file names, socket names, Redis keys and logs.
 */
export const tokenFingerprint = (token: string): string =>
  createHash("sha256").update(token).digest("hex").slice(0, 16);
