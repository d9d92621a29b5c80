import type { SandboxDiscord, SandboxMessage } from "../discord/api.ts";

/** One signal for one person, as the backend publishes it, recognisable in whatever message shows it. */
export interface PublishedSignal {
  readonly personId: string;
  /** Pair and timeframe: a newer signal of the same slot may take the place of an older one. */
  readonly slot: string;
  /** The entry price as it is shown; no two signals have the same. */
  readonly marker: string;
  /** `backend-contract.md` 3.1. */
  readonly payload: string;
}

const pairs = ["EUR/USD", "GBP/USD", "AUD/USD", "NZD/USD", "USD/CHF"] as const;
const timeframes = ["1h", "4h"] as const;
const directions = ["long", "short"] as const;

/** Makes signals whose prices count up, so that each can be told from every other. */
export class Market {
  #made = 0;

  /** @param random numbers from 0 to 1 */
  signal(personId: string, random: () => number): PublishedSignal {
    this.#made += 1;
    // The last digit is never zero, which cards leave out.
    const marker = (1 + (10 * this.#made + 1) / 100_000).toFixed(5);
    const pair = oneOf(pairs, random);
    const timeframe = oneOf(timeframes, random);
    const signal = { pair, signal: oneOf(directions, random), confidence: 0.8, signalStrength: "strong" };
    return {
      personId,
      slot: `${pair} ${timeframe}`,
      marker,
      payload: JSON.stringify({
        discordUserId: personId,
        signal: { ...signal, entryPrice: Number(marker) },
        pair,
        timeframe,
        timestamp: new Date(this.#publishedAtMs()).toISOString(),
      }),
    };
  }

  /** Strictly increasing: which of two signals of a slot is newer is never a matter of chance. */
  #publishedAtMs(): number {
    this.#lastMs = Math.max(this.#lastMs + 1, Date.now());
    return this.#lastMs;
  }
  #lastMs = 0;
}

const oneOf = <T>(values: readonly [T, ...T[]], random: () => number): T =>
  values[Math.floor(random() * values.length)] ?? values[0];

/** What people hold in their hands at the end, told from their messages and from nothing the bot says. */
export interface Outcome {
  /** Stand in a message. */
  readonly shown: number;
  /** Not shown, but a newer one of the same pair and timeframe is. */
  readonly replaced: number;
  /** Neither. */
  readonly missing: readonly PublishedSignal[];
  /** Stand in more than one message. */
  readonly twice: number;
  /** Messages of all people. */
  readonly messages: number;
}

/** @param published in the order of publication */
export function outcomeOf(discord: SandboxDiscord, published: readonly PublishedSignal[]): Outcome {
  const people = new Map(published.map(({ personId }) => [personId, discord.directMessages(personId).map(textOf)]));
  const shownIn = ({ personId, marker }: PublishedSignal): number =>
    (people.get(personId) ?? []).filter((text) => text.includes(marker)).length;
  const counts = published.map(shownIn);
  const replaced = (signal: PublishedSignal, index: number): boolean =>
    published.some(
      (later, at) =>
        at > index && later.personId === signal.personId && later.slot === signal.slot && (counts[at] ?? 0) > 0,
    );
  const notShown = published.map((signal, index) => ({ signal, index })).filter(({ index }) => counts[index] === 0);
  const missing = notShown.filter(({ signal, index }) => !replaced(signal, index)).map(({ signal }) => signal);
  return {
    shown: published.length - notShown.length,
    replaced: notShown.length - missing.length,
    missing,
    twice: counts.filter((count) => count > 1).length,
    messages: [...people.values()].reduce((sum, messages) => sum + messages.length, 0),
  };
}

const textOf = ({ content, embeds }: SandboxMessage): string => `${content}\n${JSON.stringify(embeds)}`;
