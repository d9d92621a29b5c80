import { expect, it } from "vitest";
import { alice, patient, setUp } from "./support.ts";

it("merges preferences and returns all of them", async () => {
  const { backend } = await setUp();
  expect(await backend.readPreferences(alice, patient())).toEqual({});
  await backend.savePreferences(alice, { riskLevel: 7, tradingStyle: "counter-trend" }, patient());
  const all = { riskLevel: 7, tradingStyle: "counter-trend", minConfidence: 0, strongSignalsOnly: false };
  const changes = { riskLevel: undefined, minConfidence: 0, strongSignalsOnly: false };
  expect(await backend.savePreferences(alice, changes, patient())).toEqual(all);
  expect(await backend.readPreferences(alice, patient())).toEqual(all);
});

it("subscribes, and replaces the type when repeated", async () => {
  const { backend } = await setUp();
  await backend.subscribe(alice, "EUR/USD", "all", patient());
  await backend.subscribe(alice, "EUR/USD", "strong", patient());
  expect(await backend.listSubscriptions(alice, patient())).toEqual([
    { pair: "EUR/USD", signalType: "strong", subscribedAt: expect.any(Date) },
  ]);
});

it("unsubscribes from one pair or from all, and says from how many", async () => {
  const { backend } = await setUp();
  for (const pair of ["EUR/USD", "USD/JPY", "GBP/USD"]) await backend.subscribe(alice, pair, "all", patient());
  expect(await backend.unsubscribe(alice, "EUR/USD", patient())).toBe(1);
  expect(await backend.unsubscribe(alice, undefined, patient())).toBe(2);
  expect(await backend.listSubscriptions(alice, patient())).toEqual([]);
});

it("does not take unsubscribing from nothing for an error", async () => {
  const { backend, asked } = await setUp();
  expect(await backend.unsubscribe(alice, undefined, patient())).toBe(0);
  await backend.subscribe(alice, "EUR/USD", "all", patient());
  expect(await backend.unsubscribe(alice, "USD/JPY", patient())).toBe(0);
  expect(asked()).not.toContain("POST /notifications/unsubscribe");
});

it("needs no account at the backend", async () => {
  const { backend, asked } = await setUp();
  await backend.subscribe(alice, "EUR/USD", "all", patient());
  await backend.savePreferences(alice, { riskLevel: 5 }, patient());
  expect(asked()).toEqual(["POST /notifications/subscribe", "POST /notifications/preferences"]);
});
