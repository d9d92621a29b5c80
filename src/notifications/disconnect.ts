import type { Redis } from "ioredis";
import { type Clock, delay } from "../clock.ts";

/** Closes a connection for good, and resolves when Redis has done so too: until then it goes on handing over what comes. */
export async function disconnect(client: Redis, clock: Clock): Promise<void> {
  const connected = !unconnected.includes(client.status);
  client.disconnect();
  if (!connected) return;
  const ended = new AbortController();
  client.once("end", () => ended.abort());
  await delay(clock, timeoutMs, ended.signal);
}

/** States of the client in which there is no connection whose end could be awaited. */
const unconnected = ["wait", "reconnecting", "end"];

/** A connection in the middle of being made is closed only when the attempt ends, which nobody needs to wait for. */
const timeoutMs = 1000;
