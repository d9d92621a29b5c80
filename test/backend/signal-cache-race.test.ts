import { expect, it } from "vitest";
import { createSignalCache } from "../../src/backend/signal-cache.ts";
import { someSignal } from "../commands/fake-backend.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

it("finds what the backend said while Redis was being asked", async () => {
  const clock = new VirtualClock();
  let answer: (text: string | null) => void = () => {};
  const cache = createSignalCache({
    redis: {
      get: () =>
        new Promise<string | null>((resolve) => {
          answer = resolve;
        }),
      set: async () => "OK" as const,
    },
    ...{ backendUrl: "http://backend", clock, freshMs: 60_000, keepMs: 3_600_000 },
  });
  const read = cache.read("EUR/USD 1h");
  cache.write("EUR/USD 1h", { signal: someSignal, saidAtMs: clock.now() });
  answer(null);
  expect(await read).toMatchObject({ saidAtMs: clock.now(), from: "memory" });
});
