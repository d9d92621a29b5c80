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
  /** The process takes nothing new and ends soon. */
  | { readonly kind: "stopping" };

/** Everything that parts of the bot tell about themselves. */
export type BotEvent = InteractionEvent | NotificationEvent | BackendEvent | LifecycleEvent;

export type BotEventBus = EventBus<BotEvent>;
