import { Histogram, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

export function measureBackend(bus: BotEventBus, registry: Registry): void {
  const calls = new Histogram({
    name: "signalguard_backend_call_duration_seconds",
    help: "Duration of calls to the backend, by operation and outcome; its count is the number of calls",
    labelNames: ["operation", "outcome"],
    buckets: [0.01, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  bus.on("backendCall", ({ operation, outcome, durationMs }) =>
    calls.observe({ operation, outcome }, durationMs / 1_000),
  );
}
