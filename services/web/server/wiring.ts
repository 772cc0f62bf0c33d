// The parts of the web's server, made at the first request that needs them.

import { BodyRoom } from "./body";
import { type AskEdge, edgeClient, PATIENCE_MS } from "./edge";
import { Sessions } from "./session";

export interface Parts {
  ask: AskEdge;
  sessions: Sessions;
  room: BodyRoom;
}

const HELD_BYTES = 256 * 1024 * 1024;

/** In the process's own store, since each route is bundled with its own copy of the modules. */
const KEY = Symbol.for("sluice.web.parts");

export function parts(): Parts {
  const store = globalThis as { [KEY]?: Parts };
  store[KEY] ??= build();
  return store[KEY];
}

export function build(ask: AskEdge = edgeClient(), heldBytes: number = HELD_BYTES): Parts {
  const sessions = new Sessions((path, body, access) =>
    ask({
      method: "POST",
      path,
      headers: {
        "content-type": "application/json",
        ...(access ? { authorization: `Bearer ${access}` } : {}),
      },
      body: JSON.stringify(body),
      patienceMs: PATIENCE_MS,
    }),
  );
  return { ask, sessions, room: new BodyRoom(heldBytes) };
}
