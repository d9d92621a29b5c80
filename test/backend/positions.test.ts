import { describe, expect, it } from "vitest";
import type { NewPosition } from "../../src/backend/backend.ts";
import { createMemoryPositionDetails } from "../../src/backend/position-details.ts";
import { alice, patient, setUp } from "./support.ts";

const buy: NewPosition = {
  pair: "EUR/USD",
  action: "buy",
  entryPrice: 1.085,
  size: 2.5,
  stopLoss: 1.08,
  takeProfit: 1.095,
  notes: "after the news",
};

describe("opening", () => {
  it("returns the position, and keeps what the backend throws away", async () => {
    const details = createMemoryPositionDetails();
    const { backend } = await setUp({}, details);
    const opened = await backend.openPosition(alice, buy, patient());
    expect(opened).toEqual({ ...buy, id: expect.stringMatching(/^[0-9a-f-]{36}$/), openedAt: expect.any(Date) });
    expect(await details.read([opened.id])).toEqual(new Map([[opened.id, { size: 2.5, notes: "after the news" }]]));
  });
});

describe("listing", () => {
  it("gives the open ones, newest first, decimals as numbers and with their details", async () => {
    const { backend } = await setUp();
    const first = await backend.openPosition(alice, buy, patient());
    const closed = await backend.openPosition(alice, buy, patient());
    await backend.closePosition(closed, 1.09, patient());
    const sell: NewPosition = { pair: "USD/JPY", action: "sell", entryPrice: 149.5, size: 1 };
    const last = await backend.openPosition(alice, sell, patient());
    expect(await backend.listOpenPositions(alice, patient())).toEqual([
      { ...sell, id: last.id, openedAt: expect.any(Date), stopLoss: undefined, takeProfit: undefined },
      { ...buy, id: first.id, openedAt: expect.any(Date) },
    ]);
  });

  it("reads all pages", async () => {
    const { backend, sandbox } = await setUp();
    for (let i = 0; i < 101; i += 1) await backend.openPosition(alice, buy, patient());
    expect(await backend.listOpenPositions(alice, patient())).toHaveLength(101);
    expect(sandbox.requests.filter(({ query }) => query.limit === "100").map(({ query }) => query.offset)).toEqual([
      "0",
      "100",
    ]);
  });

  it("knows no size when the details cannot be read", async () => {
    const { backend } = await setUp({}, { save: async () => {}, read: async () => new Map() });
    await backend.openPosition(alice, buy, patient());
    expect(await backend.listOpenPositions(alice, patient())).toMatchObject([{ pair: "EUR/USD" }]);
    expect((await backend.listOpenPositions(alice, patient()))[0]?.size).toBeUndefined();
  });

  it("is empty for somebody the backend does not know, without registering them", async () => {
    const { backend, asked } = await setUp();
    expect(await backend.listOpenPositions(alice, patient())).toEqual([]);
    expect(asked()).toEqual(["GET /discord/trades"]);
  });
});

describe("closing", () => {
  it("closes with price, status and time together", async () => {
    const { backend, sandbox } = await setUp();
    const opened = await backend.openPosition(alice, buy, patient());
    await backend.closePosition(opened, 1.09, patient());
    expect(await backend.listOpenPositions(alice, patient())).toEqual([]);
    expect(sandbox.requests).toContainEqual(expect.objectContaining({ method: "PUT", status: 200 }));
  });

  it("says when there is no such position", async () => {
    const { backend } = await setUp();
    const nowhere = { ...buy, id: "00000000-0000-4000-8000-000000000000" };
    await expect(backend.closePosition(nowhere, 1.09, patient())).rejects.toMatchObject({
      kind: "notFound",
      status: 404,
    });
  });
});
