import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";
import { measureBackend } from "./metrics-backend.ts";
import { measureGateway } from "./metrics-gateway.ts";
import { measureInteractions } from "./metrics-interactions.ts";
import { measureLeadership } from "./metrics-leadership.ts";
import { type CountOpen, measureNotifications } from "./metrics-notifications.ts";
import type { Readiness } from "./readiness.ts";

export interface MetricsOptions {
  readonly bus: BotEventBus;
  readonly readiness: Readiness;
  readonly version: string;
  /** The commands there are: a label holds one of these names, or `unknown`. */
  readonly commands: readonly string[];
  /** Asked whenever the metrics are. */
  readonly countOpen: CountOpen;
}

export interface Metrics {
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  render(): Promise<string>;
}

/**
 * Counts what the bus tells, in a registry of its own. Names begin with `signalguard_` and stay as they are: dashboards and
 * alerts are built on them. Times are in seconds. Every label has a bounded set of values, and none is an id or a text.
 */
export function createMetrics({ bus, readiness, version, commands, countOpen }: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureInteractions(bus, registry, commands);
  measureNotifications(bus, registry, countOpen);
  measureBackend(bus, registry);
  measureGateway(bus, registry);
  const links = {
    gateway: "Whether interactions reach this process",
    redis: "Whether Redis can be used",
    deliveries: "Whether notifications that are due are delivered",
  } as const;
  for (const link of ["gateway", "redis", "deliveries"] as const) {
    new Gauge({
      name: `signalguard_${link}_up`,
      help: `${links[link]} (1) or not (0)`,
      registers: [registry],
      collect() {
        this.set(readiness[link] === "up" ? 1 : 0);
      },
    });
  }
  measureLeadership(bus, registry);
  new Gauge({
    name: "signalguard_build_info",
    help: "Always 1; the labels say what is running",
    labelNames: ["version", "node"],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}
