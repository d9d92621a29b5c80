/** What one person's messages need; every key belongs to one person. */
export interface PersonKeys {
  /** Hash: slot to the notification that waits there, the newest only. */
  readonly box: string;
  /** Who writes to the person now: a token that expires. */
  readonly turn: string;
  /** The message whose fate is not settled: written before it is sent, gone when Discord returned it. */
  readonly sending: string;
  /** Before this time, ms since the epoch, no new message is sent. */
  readonly nextAt: string;
  /** Hash: slot to the message that shows the slot's newest signal. */
  readonly shown: string;
  /** Sorted set of the messages sent, by when. */
  readonly ledger: string;
  /** Hash: what the person wants to get, and when. */
  readonly rules: string;
}

/** Where everything about notifications is kept in Redis. */
export interface NotificationKeys {
  /** Before every key of the queue library's own; the name of the queue follows. */
  readonly queuePrefix: string;
  person(personId: string): PersonKeys;
  /** How a notification ended. */
  done(identity: string): string;
  /** Sorted set: when the same content came that carries no time of its own. */
  untimed(digest: string): string;
  /** When a signal change was first sent, ms since the epoch. */
  announcedAt(identity: string): string;
  /** Hash: person to the id of their direct message channel. */
  readonly channels: string;
  /** Before this time, ms since the epoch, no channel is opened. */
  readonly opensPausedUntil: string;
  /** Before every key that counts the channels opened lately. */
  readonly opens: string;
  /** Why no direct message is sent any more, and since when. */
  readonly halted: string;
}

/** The queue's name; its keys are `<queuePrefix>:notifications:*`. */
export const queueName = "notifications";

/** The channel on which the backend publishes notifications (`backend-contract.md` 3.1). */
export const notificationChannel = "trading-signals";

/** The channel on which the backend publishes changes, one message for many people (`backend-contract.md` 3.2). */
export const signalChangeChannel = "signal-change";

/** What `trading-signals` carries, kept until it is read; the text is in the field {@link streamField}. */
export const notificationStream = "trading-signals:stream";
export const streamField = "payload";

/** The consumer group of one bot: each bot that shares a Redis gets every entry of the stream. */
export const streamGroup = (fingerprint: string): string => `signalguard:${fingerprint}`;

/** @param fingerprint names the bot token, so that several bots can share one Redis */
export function notificationKeys(fingerprint: string): NotificationKeys {
  const prefix = `signalguard:${fingerprint}`;
  return {
    queuePrefix: `${prefix}:queue`,
    person(personId) {
      const own = `${prefix}:person:${personId}`;
      return {
        box: `${own}:box`,
        turn: `${own}:turn`,
        sending: `${own}:sending`,
        nextAt: `${own}:nextAt`,
        shown: `${own}:shown`,
        ledger: `${own}:ledger`,
        rules: `${own}:rules`,
      };
    },
    done: (identity) => `${prefix}:done:${identity}`,
    untimed: (digest) => `${prefix}:untimed:${digest}`,
    announcedAt: (identity) => `${prefix}:announcedAt:${identity}`,
    channels: `${prefix}:channels`,
    opensPausedUntil: `${prefix}:opensPausedUntil`,
    opens: `${prefix}:opens`,
    halted: `${prefix}:halted`,
  };
}
