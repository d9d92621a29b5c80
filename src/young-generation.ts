import { setFlagsFromString } from "node:v8";

/**
 * Lets V8's young generation grow as it pleases. While the program is loaded it is kept small (`scripts/bundle.ts`), because
 * what is allocated then mostly stays, and the space that grew for it would be held on to: a dozen MB of a process that
 * otherwise holds a hundred (`npm run bench:start`). What comes later mostly goes, and is cheaper to collect in a larger space.
 */
export const letYoungGenerationGrow = (): void => setFlagsFromString("--semi-space-growth-factor=2");
