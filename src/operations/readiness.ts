import type { BotEvent, BotEventBus, LeadershipState } from "./events.ts";

export type ReadinessReport =
  | { readonly status: "ready" }
  /** Another process answers; this one is well, and would take over. `reasons` tells what would be missing then. */
  | { readonly status: "standby"; readonly reasons: readonly string[] }
  /** Interactions are answered, but something is missing. */
  | { readonly status: "degraded"; readonly reasons: readonly string[] }
  /** No interaction is answered by this process. */
  | { readonly status: "notReady"; readonly reasons: readonly string[] };

type LinkState = "up" | "down";

/** Requests of the backend's limit. */
interface BackendBudget {
  readonly limit: number;
  readonly remaining: number;
}

interface Link {
  readonly state: LinkState;
  readonly reason: string | undefined;
}

/** Whether the bot does its work, told from what the parts published; asking it asks nobody else. */
export class Readiness {
  #gateway: Link | undefined;
  /** Why the gateway may not be connected yet. */
  #delayed: string | undefined;
  /** By who reported it: Redis is up when everybody who uses it says so. */
  readonly #redis = new Map<string, Link>();
  /** Families of the backend's routes that are left alone. */
  readonly #openCircuits = new Set<string>();
  #backendBudget: BackendBudget | undefined;
  #halted: string | undefined;
  #paused = false;
  #stopping = false;
  #leadership: LeadershipState | undefined;

  constructor(bus: BotEventBus) {
    bus.subscribe((event) => this.#take(event));
  }

  get gateway(): LinkState {
    return this.#gateway?.state ?? "down";
  }

  /** Whether notifications that are due are delivered. */
  get deliveries(): LinkState {
    return this.#halted === undefined && !this.#paused ? "up" : "down";
  }

  /** The part of this process where several lead one after the other; undefined elsewhere. */
  get leadership(): LeadershipState | undefined {
    return this.#leadership;
  }

  get redis(): LinkState {
    const links = [...this.#redis.values()];
    return links.length > 0 && links.every(({ state }) => state === "up") ? "up" : "down";
  }

  /** Of the backend, as far as it was asked. */
  get backend(): { readonly leftAlone: readonly string[]; readonly budget: BackendBudget | undefined } {
    return { leftAlone: [...this.#openCircuits], budget: this.#backendBudget };
  }

  report(): ReadinessReport {
    // What else is missing by now is missing because of that.
    if (this.#stopping) return { status: "notReady", reasons: ["stopping"] };
    if (this.#leadership?.role === "lost") return { status: "notReady", reasons: ["the lead is lost"] };
    if (this.#leadership?.role === "standby") return { status: "standby", reasons: this.#whyNobodyLeads() };
    const blocking = this.#whyNotReady();
    const lacking = this.#whyDegraded();
    if (blocking.length > 0) return { status: "notReady", reasons: [...blocking, ...lacking] };
    return lacking.length > 0 ? { status: "degraded", reasons: lacking } : { status: "ready" };
  }

  #whyNotReady(): string[] {
    if (this.#gateway?.state === "up") return [];
    const why = this.#delayed ?? this.#gateway?.reason;
    if (this.#gateway === undefined) return [explained("starting: the gateway is not connected yet", why)];
    return [explained("the gateway is down", why)];
  }

  #whyNobodyLeads(): string[] {
    const reason = this.#leadership?.role === "standby" ? this.#leadership.reason : undefined;
    return reason === undefined ? [] : [explained("redis cannot say who leads", reason)];
  }

  #whyDegraded(): string[] {
    const reasons: string[] = [];
    if (this.#redis.size === 0) reasons.push("redis is not connected yet: no signals are received");
    else if (this.redis === "down") {
      const down = [...this.#redis.values()].filter(({ state }) => state === "down");
      const why = down.find(({ reason }) => reason !== undefined)?.reason;
      const listening = this.#redis.get("subscriberState")?.state === "up";
      const lost = listening ? "open interactions are not kept" : "no signals are received";
      reasons.push(explained(`redis is down, ${lost}`, why));
    }
    if (this.#halted !== undefined) reasons.push(explained("no direct messages are sent", this.#halted));
    if (this.#paused) reasons.push("no direct messages are sent for some minutes: Discord refused very many requests");
    if (this.#openCircuits.size > 0) {
      reasons.push(
        `the backend is in trouble, and asked again from time to time: ${[...this.#openCircuits].join(", ")}`,
      );
    }
    return reasons;
  }

  #take(event: BotEvent): void {
    switch (event.kind) {
      case "gateway":
        this.#gateway = { state: event.state, reason: event.reason };
        this.#delayed = undefined;
        break;
      case "gatewaySession":
        this.#delayed = undefined;
        break;
      case "sessionStartDelayed":
        this.#delayed = `${event.reason} (waiting until ${event.until})`;
        break;
      case "redis":
      case "subscriberState":
      case "streamState":
      case "acceptanceState":
        this.#redis.set(event.kind, { state: event.state, reason: event.reason });
        break;
      case "deliveriesHalted":
        this.#halted = event.reason;
        break;
      case "deliveriesPaused":
        this.#paused = true;
        break;
      case "deliveriesResumed":
        this.#halted = undefined;
        this.#paused = false;
        break;
      case "backendCircuit":
        if (event.state === "closed") this.#openCircuits.delete(event.family);
        else this.#openCircuits.add(event.family);
        break;
      case "backendBudget":
        this.#backendBudget = { limit: event.limit, remaining: event.remaining };
        break;
      case "leadership":
        this.#leadership = event;
        break;
      case "stopping":
        this.#stopping = true;
        break;
    }
  }
}

const explained = (what: string, why: string | undefined): string => (why === undefined ? what : `${what}: ${why}`);
