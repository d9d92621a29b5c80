import { expect, it } from "vitest";
import type { NewPosition } from "../../src/backend/backend.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { alice, apiKey, askerWith, type Bench, calls, patient, setUp, throughPauses } from "./support.ts";

const position: NewPosition = { pair: "EUR/USD", action: "buy", entryPrice: 1.085, size: 2 };
const registered = async ({ sandbox }: Bench): Promise<unknown> => {
  const url = `${sandbox.url}/api/v1/discord/users/${alice.discordId}`;
  return (await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })).json();
};

it("registers a person when first needed, under a name the backend takes, and remembers it", async () => {
  const bench = await setUp();
  await bench.backend.openPosition(alice, position, patient());
  await bench.backend.openPosition(alice, position, patient());
  expect(bench.asked()).toEqual([
    "GET /discord/users/100000000000000001",
    "POST /discord/users",
    "POST /discord/trades",
    "POST /discord/trades",
  ]);
  expect(await registered(bench)).toMatchObject({
    data: { username: "discord_100000000000000001", discordUsername: "alice.b" },
  });
});

it("does not rename somebody who registered elsewhere", async () => {
  const bench = await setUp();
  await fetch(`${bench.sandbox.url}/api/v1/discord/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ discordId: alice.discordId, username: "trader_alice", discordUsername: "alice.b" }),
  });
  await bench.backend.openPosition(alice, position, patient());
  expect(await registered(bench)).toMatchObject({ data: { username: "trader_alice" } });
});

it("shares one registration between concurrent calls", async () => {
  const { backend, asked } = await setUp();
  await Promise.all([1, 2, 3].map(() => backend.openPosition(alice, position, patient())));
  expect(asked().filter((request) => request === "POST /discord/users")).toHaveLength(1);
});

it("survives losing the race against another process", async () => {
  const clock = new VirtualClock();
  const { backend, another, sandbox, events } = await setUp({ clock });
  sandbox.addFault({ kind: "latency", route: "POST /discord/users", ms: 1 });
  const opened = [backend, another(), another()].map((one) => one.openPosition(alice, position, patient()));
  await expect.poll(() => clock.pending).toBe(3);
  await clock.advance(1);
  await Promise.all(opened);
  expect(calls(events).filter(({ outcome }) => outcome === "conflict")).toHaveLength(2);
  expect(await backend.listOpenPositions(alice, patient())).toHaveLength(3);
});

it("reports a conflict when the name belongs to somebody else", async () => {
  const { backend, sandbox } = await setUp();
  await fetch(`${sandbox.url}/api/v1/discord/users`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ discordId: "2", username: `discord_${alice.discordId}` }),
  });
  await expect(backend.openPosition(alice, position, patient())).rejects.toMatchObject({ kind: "conflict" });
});

it("registers again after a failure", async () => {
  const bench = await setUp();
  const { backend, sandbox } = bench;
  sandbox.addFault({ kind: "500", route: "POST /discord/users", times: 3 });
  const opening = throughPauses(bench, backend.openPosition(alice, position, patient()));
  await expect(opening).rejects.toMatchObject({ kind: "down" });
  expect(await backend.openPosition(alice, position, patient())).toMatchObject({ pair: "EUR/USD" });
});

it("registers again when the backend has lost the account", async () => {
  const first = await setUp();
  await first.backend.openPosition(alice, position, patient());
  const port = Number(new URL(first.sandbox.url).port);
  await first.sandbox.close();
  await setUp({ port });
  // The socket that the old backend closed may still be picked for one request.
  expect(await throughPauses(first, first.backend.listSubscriptions(alice, patient()))).toEqual([]);
  expect(await first.backend.openPosition(alice, position, patient())).toMatchObject({ size: 2 });
});

it("leaves a shared registration running when one who waits gives up", async () => {
  const { backend, sandbox, asked } = await setUp();
  const remove = sandbox.addFault({ kind: "hang", route: "GET /discord/users", times: 1 });
  const impatient = new AbortController();
  const given = backend.openPosition(alice, position, askerWith(impatient.signal));
  await expect.poll(() => asked()).toHaveLength(1);
  remove();
  impatient.abort();
  await expect(given).rejects.toMatchObject({ kind: "aborted" });
  const waiting = new AbortController();
  const joined = backend.openPosition(alice, position, askerWith(waiting.signal));
  waiting.abort();
  await expect(joined).rejects.toMatchObject({ kind: "aborted" });
  expect(asked()).toEqual(["GET /discord/users/100000000000000001"]);
});
