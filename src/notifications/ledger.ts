import type { Redis } from "ioredis";
import { z } from "zod";
import type { NotificationKeys } from "./keys.ts";

/** One signal as it stood in a message. */
export interface SentSignal {
  readonly pair: string;
  readonly timeframe: string | undefined;
  readonly direction: "buy" | "sell" | "hold" | "other";
  /** As the backend said it. Untrusted text. */
  readonly word: string;
  readonly strength: string | undefined;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly entryPrice: number | undefined;
  readonly stopLoss: number | undefined;
  readonly takeProfit: number | undefined;
  /** ms since the epoch. */
  readonly publishedAtMs: number | undefined;
}

/** A message that a person got; times in ms since the epoch. */
export interface SentMessage {
  readonly messageId: string;
  readonly channelId: string;
  readonly sentAtMs: number;
  readonly editedAtMs: number | undefined;
  readonly signals: readonly SentSignal[];
}

/** What was sent, for `/history` and for never sending it again. */
export interface Ledger {
  /** Newest first. Rejects with what Redis answers. */
  history(
    personId: string,
    options: { readonly pair?: string | undefined; readonly limit: number },
  ): Promise<readonly SentMessage[]>;
}

/** Messages kept of one person, whatever their age: some days of one a minute. */
export const mostMessagesKept = 1_000;

/** Reads what settling a message wrote; see `PersonTurns`. */
export function createLedger({ redis, keys }: { readonly redis: Redis; readonly keys: NotificationKeys }): Ledger {
  return {
    async history(personId, { pair, limit }) {
      const entries = await redis.zrevrange(keys.person(personId).ledger, 0, -1);
      const messages = entries.flatMap((entry) => readEntry(entry) ?? []);
      const wanted = messages.filter(({ signals }) => pair === undefined || signals.some((one) => one.pair === pair));
      return wanted.slice(0, limit);
    },
  };
}

/** The message's id comes first, so that a script can find the entry of a message that was changed. */
export const writeEntry = (message: SentMessage): string => `${message.messageId} ${JSON.stringify(message)}`;

/** Undefined for an entry that another version wrote: one message less in the history harms nobody. */
function readEntry(entry: string): SentMessage | undefined {
  const { data } = messageSchema.safeParse(parseJson(entry.slice(entry.indexOf(" ") + 1)));
  return data === undefined ? undefined : { editedAtMs: undefined, ...data };
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const nothingSaid = {
  timeframe: undefined,
  strength: undefined,
  confidence: undefined,
  entryPrice: undefined,
  stopLoss: undefined,
  takeProfit: undefined,
  publishedAtMs: undefined,
};

export const sentSignalSchema = z
  .object({
    pair: z.string(),
    timeframe: z.string().optional(),
    direction: z.enum(["buy", "sell", "hold", "other"]),
    word: z.string(),
    strength: z.string().optional(),
    confidence: z.number().optional(),
    entryPrice: z.number().optional(),
    stopLoss: z.number().optional(),
    takeProfit: z.number().optional(),
    publishedAtMs: z.number().optional(),
  })
  .transform((signal): SentSignal => ({ ...nothingSaid, ...signal }));

const messageSchema = z.object({
  messageId: z.string(),
  channelId: z.string(),
  sentAtMs: z.number(),
  editedAtMs: z.number().optional(),
  signals: z.array(sentSignalSchema),
});
