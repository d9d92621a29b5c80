import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { call, asDiscordBot as headers, startBackend } from "./support.ts";

let backend: SandboxBackend;
const discordId = "100000000000000001";
const trade = { discordId, pair: "EUR/USD", action: "buy", amount: 2.5, entryPrice: 1.085 };
beforeEach(async () => {
  backend = await startBackend({ mode: "development" });
  await call(backend, "POST /discord/users", { headers, body: { discordId, discordUsername: "alice" } });
});
const open = (body: object) => call(backend, "POST /discord/trades", { headers, body });
const list = (query: string) => call(backend, `GET /discord/trades${query}`, { headers });
const openedId = async (body: object = trade) =>
  z.object({ data: z.object({ tradeId: z.string() }) }).parse((await open(body)).body).data.tradeId;

describe("opening", () => {
  it("answers with decimals as strings, and throws the amount away", async () => {
    expect(await open({ ...trade, stopLoss: 1.08, notes: "kept?" })).toMatchObject({
      status: 201,
      body: { data: { entryPrice: "1.08500", exitPrice: null, profitLoss: null, status: "open" } },
    });
    expect(await list(`?discordId=${discordId}`)).toMatchObject({
      body: { data: { trades: [{ stopLoss: "1.08000", takeProfit: null, positionSize: null, notes: null }] } },
    });
  });

  it.each([
    [{ discordId: undefined }, 400, "Either userId or discordId is required"],
    [{ pair: undefined }, 400, "Pair is required"],
    [{ action: "hold" }, 400, "Valid action (buy/sell) is required"],
    [{ amount: undefined, positionSize: 1 }, 400, "Valid amount is required"],
    [{ entryPrice: 0 }, 400, "Valid entry price is required"],
    [{ discordId: "42" }, 404, "User with Discord ID 42 not found"],
    [{ pair: "EURUSD" }, 500, "Validation error: Validation is on pair failed"],
    [{ entryPrice: 1234567.8 }, 500, "numeric field overflow"],
    [{ entryPrice: "abc" }, 500, 'invalid input syntax for type numeric: "abc"'],
    [{ exitPrice: 1.09 }, 500, 'invalid input value for enum enum_user_trading_history_status: "closed_profit"'],
  ])("refuses %o", async (change, status, error) => {
    expect(await open({ ...trade, ...change })).toMatchObject({ status, body: { error } });
  });
});

describe("listing", () => {
  it("pages newest first and ignores the status asked for", async () => {
    await openedId();
    const newest = await openedId({ ...trade, pair: "USD/JPY", entryPrice: "149.5" });
    expect(await list(`?discordId=${discordId}&limit=1&status=closed`)).toMatchObject({
      body: {
        data: {
          trades: [{ id: newest, status: "open" }],
          pagination: { total: 2, limit: 1, offset: 0, hasMore: true },
        },
      },
    });
    expect(await list(`?discordId=${discordId}&pair=EUR/USD&limit=999`)).toMatchObject({
      body: { data: { pagination: { total: 1, limit: 100, hasMore: false } } },
    });
  });

  it.each([
    ["", 400],
    ["?discordId=42", 404],
    [`?discordId=${discordId}&limit=-1`, 500],
  ])("refuses %s with %i", async (query, status) => {
    expect((await list(query)).status).toBe(status);
  });
});

describe("closing", () => {
  const put = (id: string, body: object) => call(backend, `PUT /discord/trades/${id}`, { headers, body });

  it("takes exit price and status together, with a number now and a string and NaN later", async () => {
    const id = await openedId();
    expect(await put(id, { exitPrice: 1.09, status: "closed" })).toMatchObject({
      status: 200,
      body: { data: { tradeId: id, exitPrice: 1.09, profitLoss: null, profitLossPercent: expect.closeTo(0.4608, 4) } },
    });
    expect(await put(id, {})).toMatchObject({ body: { data: { exitPrice: "1.09000", profitLoss: "NaN" } } });
    expect(await list(`?discordId=${discordId}`)).toMatchObject({
      body: { data: { trades: [{ status: "closed", exitPrice: "1.09000", closedAt: expect.any(String) }] } },
    });
  });

  it.each([
    [{ exitPrice: 1.09 }, /enum/],
    [{ exitPrice: 1.09, status: "partial_closed" }, /enum/],
    [{ status: "closed" }, /Exit price is required/],
  ])("fails with 500 on %o", async (body, error) => {
    expect(await put(await openedId(), body)).toMatchObject({
      status: 500,
      body: { error: expect.stringMatching(error) },
    });
  });

  it("does not know every id", async () => {
    const body = { exitPrice: 1.07, status: "closed" };
    expect((await put("00000000-0000-4000-8000-000000000000", body)).status).toBe(404);
    expect((await put("721582e3", body)).status).toBe(500);
  });
});
