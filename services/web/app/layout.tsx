import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { Toaster } from "@/components/ui/toast";
import { TooltipProvider } from "@/components/ui/tooltip";
import { TextProvider } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { readLanguage } from "@/lib/text/server";
import { isTheme, THEME_COOKIE } from "@/lib/theme-names";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Sluice", template: "%s · Sluice" },
  referrer: "same-origin",
  robots: { index: false },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  interactiveWidget: "resizes-content",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#fdfcfa" },
    { media: "(prefers-color-scheme: dark)", color: "#1b1a18" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const language = await readLanguage();
  const theme = (await cookies()).get(THEME_COOKIE)?.value;
  return (
    <html lang={LANG[language]} data-theme={isTheme(theme) ? theme : "system"}>
      <body>
        <TextProvider language={language}>
          <TooltipProvider>
            <Toaster>{children}</Toaster>
          </TooltipProvider>
        </TextProvider>
      </body>
    </html>
  );
}
