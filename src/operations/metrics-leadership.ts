import { Counter, Gauge, type Registry } from "prom-client";
import type { BotEventBus, LeadershipState } from "./events.ts";

const roles: readonly LeadershipState["role"][] = ["standby", "leader", "finishing", "lost"];

/** There from the first event on: without a lease, nobody leads and nobody stands by. */
export function measureLeadership(bus: BotEventBus, registry: Registry): void {
  const registers = [registry];
  const role = new Gauge({
    name: "signalguard_leadership_role",
    help: "The part of this process where several lead one after the other: 1 for what it is, 0 for the others",
    labelNames: ["role"],
    registers,
  });
  const epoch = new Gauge({
    name: "signalguard_leadership_epoch",
    help: "Grows with every change of the leader, as far as this process knows",
    registers,
  });
  const changes = new Counter({
    name: "signalguard_leadership_changes_total",
    help: "How often this process became what it is, by role",
    labelNames: ["role"],
    registers,
  });
  let current: LeadershipState["role"] | undefined;
  bus.on("leadership", (event) => {
    for (const each of roles) role.set({ role: each }, each === event.role ? 1 : 0);
    if (event.epoch !== undefined) epoch.set(event.epoch);
    if (event.role !== current) changes.inc({ role: event.role });
    current = event.role;
  });
}
