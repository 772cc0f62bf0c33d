import type { knowledge as English } from "../en/knowledge";

export const knowledge: typeof English = {};
