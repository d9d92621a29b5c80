import type { Asker, Backend } from "../backend/backend.ts";
import type { Answer, CommandRequest } from "../interactions/index.ts";
import { positionOpenedCard } from "../presentation/position-cards.ts";
import { texts } from "../presentation/texts.ts";
import { accountOf, askerOf } from "./plain-command.ts";
import { newPosition } from "./position-figures.ts";

/** What was asked for, by a command's options or by the fields of a form of the same names. */
type OpenRequest = Pick<CommandRequest, "options" | "person" | "signal">;

/** Opens positions, for a command and for a form. */
export interface Opening {
  /** @throws Refusal for figures that make no sense, {@link BackendError} */
  open(request: OpenRequest): Promise<Answer>;
  /** Whether an opening that was interrupted got as far as the backend. Opening again could open twice. */
  lookForOpened(request: OpenRequest & Pick<CommandRequest, "usedAt">): Promise<Answer>;
}

/** The backend's clock and Discord's agree about as well as this, ms. */
const clockToleranceMs = 60_000;

export function createOpening({
  backend,
  priority,
  onOpened = () => {},
}: {
  readonly backend: Backend;
  readonly priority: Asker["priority"];
  readonly onOpened?: (personId: string) => void;
}): Opening {
  return {
    async open(request) {
      const wanted = newPosition(request);
      const opened = await backend.openPosition(accountOf(request.person), wanted, askerOf(request, priority));
      onOpened(request.person.id);
      // What was asked for is shown: the backend returns neither stops nor size nor notes (`backend-contract.md` 2.5).
      return positionOpenedCard({ ...opened, ...wanted });
    },

    async lookForOpened(request) {
      const { pair, action, entryPrice } = newPosition(request);
      const earliestMs = request.usedAt.getTime() - clockToleranceMs;
      const own = await backend.listOpenPositions(accountOf(request.person), askerOf(request, priority));
      const opened = own.find(
        (position) =>
          position.pair === pair &&
          position.action === action &&
          position.entryPrice === entryPrice &&
          (position.openedAt?.getTime() ?? 0) >= earliestMs,
      );
      if (opened === undefined) return { content: texts.position.notOpened };
      return positionOpenedCard(opened);
    },
  };
}
