import type { NextConfig } from "next";

// What every answer of the web carries; the content security policy is a page's own (proxy.ts).
const SECURITY_HEADERS = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Referrer-Policy", value: "same-origin" },
  { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
  { key: "Cross-Origin-Resource-Policy", value: "same-origin" },
  {
    key: "Permissions-Policy",
    value: "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
  },
];

// A vendor's way to models, which the AI SDK would bring, and nothing here calls.
const LEFT_OUT = { "@ai-sdk/gateway": "./lib/left-out/gateway.ts" };

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  // 20 MB of native code for pictures that nothing here resizes.
  outputFileTracingExcludes: { "next-server": ["**/node_modules/{sharp,@img}/**/*"] },
  turbopack: { root: import.meta.dirname, resolveAlias: LEFT_OUT },
  poweredByHeader: false,
  reactStrictMode: true,
  agentRules: false,
  images: { unoptimized: true },
  experimental: { optimizePackageImports: ["radix-ui"] },
  headers: async () => [{ source: "/:path*", headers: SECURITY_HEADERS }],
};

export default config;
