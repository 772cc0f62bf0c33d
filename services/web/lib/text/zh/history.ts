import type { history as English } from "../en/history";

export const history: typeof English = {};
