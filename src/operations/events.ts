import type { BackendEvent } from "../backend/events.ts";
import type { InteractionEvent } from "../interactions/events.ts";
import type { NotificationEvent } from "../notifications/events.ts";
import type { EventBus } from "./event-bus.ts";

/** What concerns the process as a whole; published by whoever joins the parts. */
export type LifecycleEvent =
  /** Whether interactions reach this process. `reason` is a short word or sentence, without secrets. */
  | { readonly kind: "gateway"; readonly state: "up" | "down"; readonly reason?: string | undefined }
  /** A session at Discord is about to begin (IDENTIFY, of which there are 1000 a day) or went on (RESUME). */
  | { readonly kind: "gatewaySession"; readonly how: "identify" | "resume" }
  /** The process does not connect, or not IDENTIFY, before `until` (ISO 8601). `reason` holds no secret. */
  | {
      readonly kind: "sessionStartDelayed";
      readonly reason: string;
      readonly waitMs: number;
      readonly until: string;
    }
  /** Whether Redis can be used. */
  | { readonly kind: "redis"; readonly state: "up" | "down"; readonly reason?: string | undefined }
  /** Which part of several processes this one has; published when it changes, or what is known of the others does. */
  | ({ readonly kind: "leadership" } & LeadershipState)
  /** The process takes nothing new and ends soon. */
  | { readonly kind: "stopping" };

/** Where processes lead one after the other, the part of this one; `epoch` grows with every change of the leader. */
export type LeadershipState =
  /** Waits; `reason`, when it is not known whether anybody leads. */
  | {
      readonly role: "standby";
      readonly epoch?: number | undefined;
      /** Where the leader runs, as it says. */
      readonly leader?: string | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly role: "leader"; readonly epoch: number }
  /** Another one may lead, while this one ends what it had begun. */
  | { readonly role: "finishing"; readonly epoch: number }
  /** Another one leads, or may at any moment: this process does nothing more, and ends. */
  | { readonly role: "lost"; readonly epoch: number; readonly reason: string };

/** Everything that parts of the bot tell about themselves. */
export type BotEvent = InteractionEvent | NotificationEvent | BackendEvent | LifecycleEvent;

export type BotEventBus = EventBus<BotEvent>;
