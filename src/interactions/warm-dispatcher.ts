import { Agent } from "undici";
import type { Clock } from "../clock.ts";

/** A socket that nobody used for this long is closed by us, before a middlebox may have dropped it silently, ms. */
const keepAliveMs = 15_000;
/** Well inside it, so that one socket is always open and known to work, ms. */
const warmEveryMs = 5_000;
/** A socket that does not answer a trifle in this time is dead, ms (`discord-facts.md` 1.5). */
const warmTimeoutMs = 2_000;
const connectTimeoutMs = 1_000;

export const freshAgent = (): Agent => new Agent({ connect: { timeout: connectTimeoutMs } });

const pooledAgent = (): Agent =>
  new Agent({
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
  });

/**
 * The sockets of a lane, one of them always open: an acknowledgement after minutes of silence costs one round trip and
 * no handshake. When the open one turns out to be dead, all are given up, and the next request connects anew.
 */
export class WarmDispatcher {
  readonly #clock: Clock;
  readonly #ask: (agent: Agent, signal: AbortSignal) => Promise<void>;
  readonly #onRenewed: (agent: Agent) => void;
  #agent = pooledAgent();
  #cancel = () => {};
  #closed = false;

  /** @param ask makes a cheap request over the agent; rejects when nothing comes back */
  constructor(options: {
    readonly clock: Clock;
    readonly ask: (agent: Agent, signal: AbortSignal) => Promise<void>;
    /** Called with the agent to use from now on. */
    readonly onRenewed: (agent: Agent) => void;
  }) {
    this.#clock = options.clock;
    this.#ask = options.ask;
    this.#onRenewed = options.onRenewed;
  }

  get agent(): Agent {
    return this.#agent;
  }

  /** Opens the first socket and keeps one open from then on. Resolves after the first try, whatever came of it. */
  async start(): Promise<void> {
    if (this.#closed) return;
    const timeout = new AbortController();
    const cancel = this.#clock.schedule(warmTimeoutMs, () => timeout.abort());
    try {
      await this.#ask(this.#agent, timeout.signal);
    } catch {
      if (!this.#closed) this.renew();
    } finally {
      cancel();
    }
    if (!this.#closed) this.#cancel = this.#clock.schedule(warmEveryMs, () => void this.start());
  }

  /** Gives up every socket; what is in flight on them may finish. */
  renew(): void {
    const old = this.#agent;
    this.#agent = pooledAgent();
    this.#onRenewed(this.#agent);
    // Closing waits for what is in flight, and a dead socket never finishes: those requests have deadlines of their own.
    old.close().catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#agent.destroy();
  }
}
