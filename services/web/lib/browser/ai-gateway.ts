// Stands in for `@ai-sdk/gateway` in what browsers load (next.config.ts): the AI SDK's core brings that client of a
// vendor's models, 30 kB of it, which a page that talks to its own server never calls.

export class GatewayError extends Error {
  static isInstance(_: unknown): boolean {
    return false;
  }
}

export class GatewayAuthenticationError extends GatewayError {}

export function gateway(): never {
  throw new Error("models are asked by the edge alone");
}

export const createGateway = () => gateway;
