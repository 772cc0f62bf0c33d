// Runs before anything else in the page. zod, which the AI SDK checks streams with, would try `new Function` to see
// whether it may: the content security policy forbids it, and browsers report that as an attack.

const zod = globalThis as { __zod_globalConfig?: { jitless?: boolean } };
zod.__zod_globalConfig = { ...zod.__zod_globalConfig, jitless: true };
