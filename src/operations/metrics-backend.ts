import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

export function measureBackend(bus: BotEventBus, registry: Registry): void {
  const registers = [registry];
  const calls = new Histogram({
    name: "signalguard_backend_call_duration_seconds",
    help: "Duration of calls to the backend, by operation and outcome; its count is the number of calls",
    labelNames: ["operation", "outcome"],
    buckets: [0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const spared = new Counter({
    name: "signalguard_backend_spared_total",
    help: "Requests not made, by what kept them back and for whom they were",
    labelNames: ["reason", "priority"],
    registers,
  });
  const circuits = new Gauge({
    name: "signalguard_backend_circuit_open",
    help: "Whether a family of the backend's routes is left alone (1) or asked (0)",
    labelNames: ["family"],
    registers,
  });
  const budget = new Gauge({
    name: "signalguard_backend_budget",
    help: "The backend's limit of requests, and what is left of it, as its last answer said",
    labelNames: ["what"],
    registers,
  });
  const given = new Counter({
    name: "signalguard_signals_given_total",
    help: "Signals given, by where they came from and why they were no newer",
    labelNames: ["from", "freshness", "priority"],
    registers,
  });
  bus.on("backendCall", ({ operation, outcome, durationMs }) =>
    calls.observe({ operation, outcome }, durationMs / 1_000),
  );
  bus.on("backendSpared", ({ reason, priority }) => spared.inc({ reason, priority }));
  bus.on("backendCircuit", ({ family, state }) => circuits.set({ family }, state === "closed" ? 0 : 1));
  bus.on("backendBudget", ({ limit, remaining }) => {
    budget.set({ what: "limit" }, limit);
    budget.set({ what: "remaining" }, remaining);
  });
  bus.on("signalGiven", ({ from, freshness, priority }) => given.inc({ from, freshness, priority }));
  const jobs = new Counter({
    name: "signalguard_signal_jobs_total",
    help: "Signals that the backend computes as a job, by what became of them: overdue are those without a result in time",
    labelNames: ["step"],
    registers: [registry],
  });
  bus.on("signalJob", ({ step }) => jobs.inc({ step }));
  measurePrecompute(bus, registry);
}

function measurePrecompute(bus: BotEventBus, registry: Registry): void {
  const outcomes = ["refreshed", "fresh", "failed", "left"] as const;
  const looks = new Counter({
    name: "signalguard_signals_precomputed_total",
    help: "Popular signals looked at ahead of anybody's question, by what was done; left: not allowed by budget or circuit",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const outcome of outcomes) looks.inc({ outcome }, 0);
  bus.on("signalsPrecomputed", (event) => {
    for (const outcome of outcomes) looks.inc({ outcome }, event[outcome]);
  });
}
