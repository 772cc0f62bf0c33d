// In place of a library that the AI SDK reaches a vendor's models with, which a browser of ours never does.

export class GatewayError extends Error {}
export class GatewayAuthenticationError extends GatewayError {}

export function createGateway(): never {
  throw new Error("models are reached through the edge");
}

export const gateway = createGateway;
