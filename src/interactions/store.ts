import type { InteractionTarget } from "./lane.ts";
import type { Given } from "./request.ts";

/** What another process needs to answer an interaction whose own process has died. */
export type InteractionRecord = Given & {
  /** Holds the webhook token: a credential, never stored in clear and never logged. */
  readonly target: InteractionTarget;
  /** The command's name, or what stands before the colon of a custom id. */
  readonly command: string;
  /** Where it is answered: in a message of its own, or in the one the component is part of. */
  readonly surface: "reply" | "update";
  readonly visibility: "public" | "private";
};

/** A record whose process no longer runs. */
export type OpenInteraction = InteractionRecord & {
  /** Something stood in place of "thinking…" that was not the answer. */
  readonly shown?: true;
};

/**
 * What says that an acknowledgement is ours: Discord's 2xx, or our record of what was sent. `unsent` where what runs may be
 * the acknowledgement itself: then Discord still decides whose it is.
 */
export type Evidence = "accepted" | "journal" | "unsent";

/** Who had an interaction besides this process: only instances that do not run any more, others too, or none. */
export type Holder = "dead" | "living" | "nobody" | "unknown";

/**
 * What must outlive a process: which interactions are open, and who may run them. Kept where every process with the
 * same token sees it. No call throws, and none but `claim` and `takeOver`, and what is asked about other instances, is ever waited for: when the store is down,
 * the layer goes on with what its own journal says.
 */
export interface InteractionStore {
  /** The acknowledgement of this interaction is leaving. Returns at once. */
  record(record: InteractionRecord): void;
  /**
   * Something that is not the answer is about to take the place of "thinking…": from now on Discord cannot tell whether
   * the person still waits. Changes nothing where the interaction is not recorded. Returns at once.
   */
  markShown(interactionId: string): void;
  /**
   * Claims the right to run, atomically, after the acknowledgement and before the command. The first claim wins, also
   * over a 2xx elsewhere. `unknown` when the store did not answer in time: tens of milliseconds when Discord `accepted`
   * our acknowledgement, some more when only the `journal` says that it is ours, because then it is doubtful and late
   * already. What is `unsent` may also be claimed over an instance that died before it had recorded it.
   */
  claim(interactionId: string, evidence: Evidence): Promise<"ours" | "taken" | "unknown">;
  /**
   * What became of the acknowledgement says that this interaction is not this process's to answer. It is given out by
   * {@link InteractionStore.takeOver} all the same, also to this process, when whoever it belongs to turns out to have
   * died before claiming it. Returns at once.
   */
  release(interactionId: string): void;
  /**
   * Who had it besides this process. Asked when somebody else acknowledged, to tell an event that came again from a second
   * process. `unknown` when the store does not answer in tens of milliseconds; a store that cannot tell does without it.
   */
  whoHad?(interactionId: string): Promise<Holder>;
  /**
   * Takes an interaction that somebody acknowledged and nobody has answered, and of which it is not known that anybody will:
   * records it and claims it, atomically, where nobody else has done either. Where another instance has, that one or
   * whoever answers for it has the interaction (`theirs`); what it had claimed and not recorded is recorded for it, so that
   * {@link InteractionStore.takeOver} finds it when it does not run any more. Not so of what updates a message: that
   * may have been answered, and nobody could tell. `unknown` when the store did not answer in half a second. A store that
   * cannot do this does without it.
   */
  adopt?(record: InteractionRecord): Promise<"ours" | "theirs" | "unknown">;
  /**
   * This process ends before it has answered, and the next one is to find the interaction: as {@link markShown}, for the
   * person is told so. Answers in tens of milliseconds. A store that cannot tell does without it.
   *
   * @returns whether the next one will find it; false when it is not recorded, or nobody can tell
   */
  leave?(interactionId: string): Promise<boolean>;
  /** Nobody needs to answer it any more. The claim stays for as long as the token lives. Returns at once. */
  strike(interactionId: string): void;
  /**
   * Open interactions whose process no longer runs, each claimed for this process first, so that of several processes
   * one gets it. Empty when the store is down.
   */
  takeOver(): Promise<readonly OpenInteraction[]>;
}
