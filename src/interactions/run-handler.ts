import type { Owned } from "./acknowledge-once.ts";
import { admit } from "./admit.ts";
import type { Answer, Modal } from "./answer.ts";
import { deliver, type Owed } from "./deliver.ts";
import { readGiven, readPerson } from "./interaction.ts";
import type { Middleware } from "./middleware.ts";
import type { Layer, Subject } from "./options.ts";
import { referenceOf } from "./reference.ts";
import { type Reply, replyOf, type Stopped } from "./reply.ts";
import type { Progress } from "./request.ts";
import { createResponder, type Responder, type ResponderOptions } from "./responder.ts";
import type { Routed } from "./route.ts";
import { mayRunElsewhere } from "./run-elsewhere.ts";

/** Runs what answers the interaction, and brings its answer, or a sentence instead of it, to the person. */
export function runHandler(layer: Layer): Middleware<Owned, never> {
  return async (owned) => {
    const responder = responderFor(layer, owned, owned.handler.mode);
    const { show } = responder;
    layer.finish(owned, await deliver(layer, owedTo(layer, owned), responder, startRun(layer, owned, { show })));
  };
}

/** Starts the handler; never rejects: what it throws becomes a reply. */
export const startRun = (
  layer: Layer,
  routed: Routed & { readonly timeToAckMs?: number },
  progress: Progress,
): Promise<Reply<Answer | Modal> | Stopped> =>
  replyOf(layer, routed, async (running) => {
    await admit(layer, routed);
    return routed.handler.run(routed.interaction, { ...progress, ...running });
  });

/** The interaction as one whose answer is owed to the person who used it. */
export const owedTo = (layer: Layer, { interaction, ...routed }: Routed): Owed => ({
  ...routed,
  personId: readPerson(interaction).id,
  mayGoOnElsewhere() {
    const given = readGiven(interaction);
    return given !== undefined && mayRunElsewhere(layer.handlers, { ...given, command: routed.name });
  },
});

/** @param mode where and to whom the interaction was acknowledged */
export function responderFor(
  { clock, lane, texts, tell, store }: Layer,
  subject: Subject & Pick<Routed, "createdAtMs">,
  mode: ResponderOptions["mode"],
): Responder {
  const { target, createdAtMs } = subject;
  return createResponder({
    clock,
    lane,
    target,
    mode,
    createdAtMs,
    onlyForYou: texts.onlyForYou,
    plainFailure: texts.plainFailure(referenceOf(target.id)),
    onInterim: () => store?.markShown(target.id),
    onFollowedUp: () => store?.strike(target.id),
    answerMayBeLost: texts.answerMayBeLost,
    onError: (request, { discordCode: code, status }, durationMs) =>
      tell(subject, {
        kind: "discordError",
        request,
        code,
        status,
        ageMs: clock.monotonic() - createdAtMs,
        durationMs,
      }),
  });
}
