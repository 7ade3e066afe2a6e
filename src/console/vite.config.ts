import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/console/",
  // The daemon's build names the folder that it embeds.
  build: {
    outDir: process.env["CREWSHIP_CONSOLE_DIST"] ?? "dist",
    emptyOutDir: true,
    target: "es2022",
    // The Content-Security-Policy allows no script or style inside the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` shows the sources as they change, in front of a daemon that runs already.
  server: {
    proxy: {
      "/v1": process.env["CREWSHIP_URL"] ?? "http://127.0.0.1:8080",
      "/console/session": process.env["CREWSHIP_URL"] ?? "http://127.0.0.1:8080",
    },
  },
  test: { include: ["app/**/*.test.{ts,tsx}"] },
});
