import { beforeEach, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { call, withSubscriptionsKey as headers, startBackend } from "./support.ts";

let backend: SandboxBackend;
beforeEach(async () => {
  backend = await startBackend();
});
const discordUserId = "300000000000000001";
const create = (body: object) => call(backend, "POST /subscriptions", { headers, body: { discordUserId, ...body } });
const ask = (route: string) => call(backend, route, { headers });

it("creates with integer ids, lists newest first, and answers without error or timestamp", async () => {
  expect(await create({ pair: "EUR/USD", discordUsername: "erin" })).toMatchObject({
    status: 201,
    body: { success: true, data: { id: 1, pair: "EUR/USD", timeframe: "1h", channelId: null } },
  });
  await create({ pair: "ZZZ/QQQ", timeframe: "4h" });
  const { body } = await ask(`GET /subscriptions/user/${discordUserId}`);
  expect(body).toEqual({
    success: true,
    data: [expect.objectContaining({ id: 2, discordUsername: null }), expect.objectContaining({ id: 1 })],
  });
  expect((await ask("GET /subscriptions/pairs")).body).toMatchObject({
    data: [{ pair: "ZZZ/QQQ" }, { pair: "EUR/USD" }],
  });
  expect((await ask("GET /subscriptions/pair/EUR%2FUSD")).body).toEqual({
    success: true,
    data: [{ discordUserId, discordUsername: "erin" }],
  });
});

it("refuses duplicates with 409, and everything at the limit with a 429 that has no Retry-After", async () => {
  await create({ pair: "EUR/USD" });
  expect(await create({ pair: "EUR/USD" })).toMatchObject({
    status: 409,
    body: { success: false, error: "Already subscribed to this pair and timeframe" },
  });
  for (const pair of ["GBP/USD", "USD/JPY", "USD/CHF", "AUD/USD"]) await create({ pair });
  const refused = await create({ pair: "EUR/USD" });
  expect(refused).toMatchObject({ status: 429, body: { success: false } });
  expect(refused.body).not.toHaveProperty("timestamp");
  expect(refused.headers.get("retry-after")).toBeNull();
});

it.each([
  [{}, 400, "Missing required fields: discordUserId, pair"],
  [{ pair: "EURUSD" }, 400, expect.stringContaining("format")],
  [{ pair: "EUR/USD", timeframe: "15min" }, 400, expect.stringContaining("timeframe")],
  [{ pair: 5 }, 500, "Failed to create subscription"],
])("refuses %o", async (body, status, error) => {
  expect(await create(body)).toMatchObject({ status, body: { success: false, error } });
});

it("deletes by id or by pair, whose slash must be encoded", async () => {
  await create({ pair: "EUR/USD" });
  await create({ pair: "GBP/USD" });
  const byPair = `DELETE /subscriptions/user/${discordUserId}/pair/`;
  expect(await ask(`${byPair}EUR/USD`)).toMatchObject({ status: 404, body: { data: null } });
  expect(await ask(`${byPair}EUR%2FUSD?timeframe=4h`)).toMatchObject({ status: 404 });
  expect(await ask(`${byPair}EUR%2FUSD`)).toMatchObject({ status: 200, body: { data: { pair: "EUR/USD" } } });
  expect((await ask("DELETE /subscriptions/2")).body).toEqual({
    success: true,
    message: "Subscription deleted successfully",
  });
  expect((await ask("DELETE /subscriptions/2")).status).toBe(404);
  expect((await ask("DELETE /subscriptions/abc")).status).toBe(500);
});
