import type { Redis } from "ioredis";
import { storeKeys } from "./keys.ts";

/** How many keys Redis looks at in one go; it answers nobody else meanwhile. */
const scanCount = 500;

/**
 * Ids of the processes with this token that say in this Redis that they live, wherever they run. One that died is among
 * them until `livenessMs` have passed.
 */
export async function listLiving(redis: Redis, fingerprint: string): Promise<readonly string[]> {
  const prefix = storeKeys(fingerprint).instance("");
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", scanCount);
    for (const key of keys) found.add(key.slice(prefix.length));
    cursor = next;
  } while (cursor !== "0");
  return [...found];
}
