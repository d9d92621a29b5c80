import { expect, it } from "vitest";
import { createRedisStore } from "../../src/recovery/index.ts";
import { findFreePort } from "../support/free-port.ts";

it("goes on without a Redis that is not there, says so, and can be stopped", async () => {
  const failed: string[] = [];
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const store = createRedisStore({
    url: `redis://127.0.0.1:${await findFreePort()}`,
    token: "a.bot.token",
    onError(operation) {
      failed.push(operation);
      tell();
    },
  });
  store.start();
  await told;
  expect(failed[0]).toBe("connect");
  expect(await store.claim("1100000000000000000", "accepted")).toBe("unknown");
  expect(await store.takeOver()).toEqual([]);
  await store.stop();
});
