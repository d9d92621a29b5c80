import { field } from "./embed-fields.ts";
import { formatMs, formatWait } from "./format.ts";
import { type Card, fitCard } from "./limits.ts";
import { texts } from "./texts.ts";

export interface PingView {
  /** Negative when the bot's clock is behind Discord's. */
  readonly ageAtArrivalMs: number;
  /** Absent when there was no acknowledgement before it ran. */
  readonly timeToAckMs: number | undefined;
  /** Absent or negative before the first heartbeat came back. */
  readonly gatewayLatencyMs?: number | undefined;
  /** Absent when it could not be learned. */
  readonly backend: BackendView | undefined;
  readonly redis: "up" | "down";
}

export interface BackendView {
  readonly kind: "up" | "down" | "busy";
  readonly latencyMs: number;
  readonly ageMs: number;
}

export function pingCard(ping: PingView): Card {
  const words = texts.ping;
  const { ageAtArrivalMs: age, gatewayLatencyMs: latency, backend } = ping;
  return fitCard({
    embeds: [
      {
        title: words.title,
        fields: [
          field(words.age, age < 0 ? words.clockBehind(formatMs(-age)) : words.ageValue(formatMs(age))),
          field(
            words.ack,
            ping.timeToAckMs === undefined ? words.notMeasured : words.ackValue(formatMs(ping.timeToAckMs)),
          ),
          field(
            words.gateway,
            latency === undefined || !(latency >= 0) ? words.notMeasured : words.gatewayValue(formatMs(latency)),
          ),
          field(words.backend, backend === undefined ? texts.notKnown : backendOf(backend)),
          field(words.redis, words.redisState[ping.redis]),
        ],
      },
    ],
  });
}

function backendOf({ kind, latencyMs, ageMs }: BackendView): string {
  return texts.ping.backendValue(texts.ping.backendState[kind], formatMs(latencyMs), formatWait(ageMs));
}
