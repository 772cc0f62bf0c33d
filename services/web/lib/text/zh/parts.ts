import type { parts as English } from "../en/parts";

export const parts: typeof English = {};
