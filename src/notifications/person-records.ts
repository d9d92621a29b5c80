import { z } from "zod";
import { jobEndSchema } from "./jobs.ts";
import { sentSignalSchema } from "./ledger.ts";

/** A notification as it waits for its person: the text as it was published, and what decides who gives way to whom. */
export interface WaitingItem {
  readonly identity: string;
  /** Pair and timeframe; see `slotOf`. */
  readonly slot: string;
  /** When it was said, ms since the epoch: of two of one slot, the later one counts. */
  readonly orderMs: number;
  /** ms since the epoch. */
  readonly receivedAtMs: number;
  readonly payload: string;
}

/** The order in which notifications stand in a message, and in which they wait for one; the same on every machine. */
export const byAge = (a: WaitingItem, b: WaitingItem): number =>
  a.orderMs - b.orderMs || (a.identity < b.identity ? -1 : 1);

/** A message on its way. Until it is settled, nothing else is sent to the person. */
export interface Sending {
  /** Names the message and what stands in it; the same items are the same message. */
  readonly id: string;
  readonly items: readonly WaitingItem[];
  readonly state: SendingState;
}

const itemSchema = z.object({ receivedAtMs: z.number(), payload: z.string() });

const sendingStateSchema = z.object({
  channelId: z.string(),
  /** Of the one under way as well. */
  attempts: z.number(),
  /** ms since the epoch. */
  firstTriedAtMs: z.number(),
  lastTriedAtMs: z.number(),
  /** Not tried again before, ms since the epoch. */
  notBeforeMs: z.number(),
  /** The earlier message that is changed; absent for a new one. */
  edits: z.object({ messageId: z.string(), deliveryKey: z.string(), sentAtMs: z.number() }).optional(),
});

export type SendingState = Readonly<z.infer<typeof sendingStateSchema>>;

/** The message that shows the newest signal of a slot. */
export interface Shown {
  readonly item: WaitingItem;
  readonly message: ShownMessage;
}

const shownMessageSchema = z.object({
  messageId: z.string(),
  channelId: z.string(),
  deliveryKey: z.string(),
  /** ms since the epoch. */
  sentAtMs: z.number(),
  /** What the slot's signal was before this one. */
  previous: sentSignalSchema.optional(),
});

export type ShownMessage = Readonly<z.infer<typeof shownMessageSchema>>;

const doneSchema = jobEndSchema.extend({
  /** Requests it took. */
  attempts: z.number(),
  /** ms since the epoch. */
  atMs: z.number(),
});

/** How a notification ended. */
export type Done = Readonly<z.infer<typeof doneSchema>>;

export const writeDone = (done: Done): string => JSON.stringify(done);
export const readDone = (text: string): Done => doneSchema.parse(JSON.parse(text));

export const writeState = (state: SendingState): string => JSON.stringify(state);
export const readState = (text: string): SendingState => sendingStateSchema.parse(JSON.parse(text));

/**
 * A line as scripts read it: order, identity, and the rest, which is none of theirs. JSON of a publisher's making is
 * nothing that Lua should have to read.
 */
const line = (item: WaitingItem, rest: object): string => `${item.orderMs} ${item.identity} ${JSON.stringify(rest)}`;

function readLine(text: string): { readonly orderMs: number; readonly identity: string; readonly rest: unknown } {
  const [, order = "", identity = "", rest = ""] = /^(\d+) (\S+) (.*)$/s.exec(text) ?? [];
  return { orderMs: Number(order), identity, rest: JSON.parse(rest) };
}

export const writeItem = (item: WaitingItem): string =>
  line(item, { receivedAtMs: item.receivedAtMs, payload: item.payload });

export function readItem(slot: string, text: string): WaitingItem {
  const { orderMs, identity, rest } = readLine(text);
  return { slot, orderMs, identity, ...itemSchema.parse(rest) };
}

const shownSchema = itemSchema.extend({ message: shownMessageSchema });

export const writeShown = ({ item, message }: Shown): string =>
  line(item, { receivedAtMs: item.receivedAtMs, payload: item.payload, message });

export function readShown(slot: string, text: string): Shown {
  const { orderMs, identity, rest } = readLine(text);
  const { message, ...item } = shownSchema.parse(rest);
  return { item: { slot, orderMs, identity, ...item }, message };
}
