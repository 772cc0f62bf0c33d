import type { chat as English } from "../en/chat";

export const chat: typeof English = {};
