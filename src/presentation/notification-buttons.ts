import { type APIButtonComponentWithCustomId, ButtonStyle, ComponentType } from "discord-api-types/v10";
import { isPair } from "./format.ts";
import type { CardRow } from "./limits.ts";
import { notificationIds, writeOffer, writeSlot } from "./notification-ids.ts";
import type { SignalView } from "./signal-view.ts";
import { texts } from "./texts.ts";
import { plainOutsideText } from "./words.ts";

/** What can be done about the signals of one message, `key` in every custom id. */
export function notificationRows(signals: readonly SignalView[], key: string): CardRow[] {
  const [signal, ...more] = signals;
  return signal !== undefined && more.length === 0 ? rowsOfOne(signal, key) : rowsOfSeveral(signals, key);
}

function rowsOfOne(signal: SignalView, key: string): CardRow[] {
  const { openPosition, fewer, unsubscribe } = texts.notification.buttons;
  const offer = writeOffer(signal);
  const slot = writeSlot(signal);
  return [
    row([
      ...(offer === undefined
        ? []
        : [button(ButtonStyle.Primary, openPosition, notificationIds.openPosition(key, offer))]),
      ...muteButtons(key),
      ...(slot === undefined ? [] : [button(ButtonStyle.Secondary, fewer, notificationIds.fewer(key, slot))]),
      ...(isPair(signal.pair)
        ? [button(ButtonStyle.Danger, unsubscribe(signal.pair), notificationIds.unsubscribe(key, signal.pair))]
        : []),
    ]),
  ];
}

function rowsOfSeveral(signals: readonly SignalView[], key: string): CardRow[] {
  const { openOne, fewerOf, noneOf, less } = texts.notification.buttons;
  const offers = signals.map((signal) => ({ label: plainTitle(signal), value: writeOffer(signal) }));
  const slots = signals.map((signal) => ({
    label: fewerOf(plainSubject(signal)),
    value: prefixed(lessOf.fewer, writeSlot(signal)),
  }));
  const pairs = signals.map(({ pair }) => ({
    label: noneOf(pair),
    value: prefixed(lessOf.none, isPair(pair) ? pair : undefined),
  }));
  return [
    select(openOne, notificationIds.openOne(key), offers),
    select(less, notificationIds.less(key), [...slots, ...pairs]),
    row(muteButtons(key)),
  ];
}

/** What a choice of "fewer or none" begins with. */
export const lessOf = { fewer: "fewer:", none: "none:" } as const;

const muteButtons = (key: string) => {
  const { muteHour, muteDay } = texts.notification.buttons;
  return [
    button(ButtonStyle.Secondary, muteHour, notificationIds.mute(key, 1)),
    button(ButtonStyle.Secondary, muteDay, notificationIds.mute(key, 24)),
  ];
};

const button = (
  style: APIButtonComponentWithCustomId["style"],
  label: string,
  customId: string,
): APIButtonComponentWithCustomId => ({ type: ComponentType.Button, style, label, custom_id: customId });

const row = (components: CardRow["components"]): CardRow => ({ type: ComponentType.ActionRow, components });

const select = (
  placeholder: string,
  customId: string,
  options: readonly { readonly label: string; readonly value: string | undefined }[],
): CardRow =>
  row([
    {
      type: ComponentType.StringSelect,
      custom_id: customId,
      placeholder,
      options: options.flatMap(({ label, value }) => (value === undefined ? [] : [{ label, value }])),
    },
  ]);

const prefixed = (prefix: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : `${prefix}${value}`;

/** For places without markdown: `Buy EUR/USD (1h)`. */
const plainTitle = (signal: SignalView): string => `${texts.signal.title[signal.direction]} ${plainSubject(signal)}`;

function plainSubject(signal: SignalView): string {
  const subject = plainOutsideText(signal.pair, 20) ?? texts.unknownPair;
  const timeframe = plainOutsideText(signal.timeframe, 20);
  return timeframe === undefined ? subject : `${subject} (${timeframe})`;
}
