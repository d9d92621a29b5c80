import { Counter, type Registry } from "prom-client";
import type { BotEventBus } from "./events.ts";

export function measureGateway(bus: BotEventBus, registry: Registry): void {
  const sessions = new Counter({
    name: "signalguard_gateway_sessions_total",
    help: "Sessions at Discord that were started (identify, 1000 a day) or gone on with (resume)",
    labelNames: ["how"],
    registers: [registry],
  });
  for (const how of ["identify", "resume"] as const) sessions.inc({ how }, 0);
  bus.on("gatewaySession", ({ how }) => sessions.inc({ how }));
}
