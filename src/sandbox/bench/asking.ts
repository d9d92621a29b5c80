import { delay, systemClock } from "../../clock.ts";
import type { BackendRequestRecord } from "../backend/api.ts";
import type { InteractionFaults, SandboxInteraction } from "../discord/api.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Observation } from "./tally.ts";

/** Where every competitor asks the backend for a signal. */
export const signalPath = "/trading/signal";

/** People who use `/signal`, each with a pair of their own, so that the backend can tell whose run it sees. */
export class Asking {
  readonly #sandbox: Sandbox;
  readonly #asked: { readonly interaction: SandboxInteraction; readonly pair: string }[] = [];

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  get asked(): readonly SandboxInteraction[] {
    return this.#asked.map(({ interaction }) => interaction);
  }

  once(faults: InteractionFaults = {}): void {
    const { discord, backend } = this.#sandbox;
    const pair = pairOf(this.#asked.length);
    backend.setSignal(pair, { signal: "buy" });
    const person = discord.addPerson();
    const options = { pair, timeframe: "1h" };
    const interaction = discord.interact({ kind: "command", name: "signal", personId: person.id, options }, faults);
    this.#asked.push({ interaction, pair });
  }

  /** One after the other, `everyMs` apart (0: all at once); ends early when `signal` aborts. */
  async ask(
    count: number,
    everyMs: number,
    faults: (nth: number) => InteractionFaults = () => ({}),
    signal?: AbortSignal,
  ): Promise<void> {
    const startMs = systemClock.monotonic();
    for (let nth = 0; nth < count && signal?.aborted !== true; nth += 1) {
      const waitMs = startMs + nth * everyMs - systemClock.monotonic();
      if (waitMs > 0) await delay(systemClock, waitMs, signal);
      this.once(faults(nth));
    }
  }

  /** @param counts of the backend's requests, which are taken for a run */
  observations(counts: (request: BackendRequestRecord) => boolean = () => true): readonly Observation[] {
    const runs = new Map<string, number>();
    for (const request of this.#sandbox.backend.requests) {
      const { pair } = request.query;
      if (request.path.endsWith(signalPath) && pair !== undefined && counts(request)) {
        runs.set(pair, (runs.get(pair) ?? 0) + 1);
      }
    }
    return this.#asked.map(({ interaction, pair }) => ({ report: interaction.report(), runs: runs.get(pair) ?? 0 }));
  }
}

/** AAA/XTS, AAB/XTS, …: currencies that do not exist, so that nothing but this interaction asks for them. */
function pairOf(nth: number): string {
  const letter = (power: number) => String.fromCharCode(65 + (Math.floor(nth / 26 ** power) % 26));
  return `${letter(2)}${letter(1)}${letter(0)}/XTS`;
}
