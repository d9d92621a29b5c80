import { expect, it } from "vitest";
import { askerWith, patient, setUp } from "./support.ts";

it("suggests the backend's pairs, asked for once in ten minutes and once by all who ask at the same time", async () => {
  const { backend, clock, asked } = await setUp();
  const [pairs] = await Promise.all([backend.listPairs(patient()), backend.listPairs(patient())]);
  expect(pairs).toHaveLength(14);
  await clock.advance(10 * 60_000 - 1);
  await backend.listPairs(patient());
  expect(asked()).toHaveLength(1);
  await clock.advance(1);
  await backend.listPairs(patient());
  expect(asked()).toHaveLength(2);
});

it("suggests built-in pairs while the backend fails, and does not ask it at every keystroke", async () => {
  const { backend, clock, sandbox, asked } = await setUp();
  sandbox.addFault({ kind: "503", times: 1 });
  expect(await backend.listPairs(patient())).toEqual(expect.arrayContaining(["EUR/USD", "USD/JPY"]));
  await backend.listPairs(patient());
  expect(asked()).toHaveLength(1);
  await clock.advance(60_000);
  expect(await backend.listPairs(patient())).toContain("AUD/NZD");
});

it("goes on suggesting the last list when the backend fails later", async () => {
  const { backend, clock, sandbox } = await setUp();
  const pairs = await backend.listPairs(patient());
  sandbox.addFault({ kind: "malformed" });
  await clock.advance(10 * 60_000);
  expect(await backend.listPairs(patient())).toEqual(pairs);
});

it("has an answer at once for one who cannot wait", async () => {
  const { backend, sandbox } = await setUp();
  sandbox.addFault({ kind: "hang" });
  const impatient = new AbortController();
  const pairs = backend.listPairs(askerWith(impatient.signal));
  impatient.abort();
  expect(await pairs).toContain("EUR/USD");
});
