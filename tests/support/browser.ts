/**
 * Headless Chromium, as Debian packages it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/**
 * What Chromium leaves off. The last such list counts, so that Playwright's own is repeated as far
 * as it changes what pages do, or asks something of the network.
 */
const DISABLED_FEATURES = [
  // Each window has two hidden pages for suggestions below its address: a fourth of all its work.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  // A process that is ready for the next page.
  "SpareRendererForSitePerProcess",
  "ThirdPartyStoragePartitioning",
];

/** The first is the same engine without a browser's windows: two thirds of the work for a page. */
const EXECUTABLES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** How Chromium is started; it keeps off the network beyond the page's own. */
export const LAUNCH = {
  executablePath: EXECUTABLES.find((path) => existsSync(path)) ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    `--disable-features=${DISABLED_FEATURES.join(",")}`,
  ],
};

export interface Shape {
  /** @default 1280 */
  width?: number;
  /** @default 800 */
  height?: number;
  /** @default "light" */
  colorScheme?: "light" | "dark";
}

export interface PageOptions extends Shape {
  /** Whether the page is touched, not clicked. */
  touch?: boolean;
}

/** Gives a page another size or other colours while it is open, as its user may. */
export async function shape(
  page: Page,
  { width = 1280, height = 800, colorScheme = "light" }: Shape,
) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme });
}

/** A browser with pages that fail the test on a script error or a CSP breach. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  /** Whether others use the same Chromium. */
  readonly #shared: boolean;
  readonly #contexts: BrowserContext[] = [];
  readonly problems: string[] = [];

  private constructor(browser: Browser, shared: boolean) {
    this.#browser = browser;
    this.#shared = shared;
  }

  /** Starts a Chromium of its own. */
  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch(LAUNCH), false);
  }

  /**
   * One Chromium for the tests of a file, each of which gets contexts of its own in it: they have
   * nothing in common. To be called while the file is loaded; Chromium ends after its last test.
   */
  static shared(): () => Promise<TestBrowser> {
    let browser: Promise<Browser> | undefined;
    Deno.test.afterAll(async () => await (await browser)?.close());
    return async () => new TestBrowser(await (browser ??= chromium.launch(LAUNCH)), true);
  }

  async page(url: URL | string, options: PageOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ hasTouch: options.touch ?? false });
    this.#contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    await shape(page, options);
    await page.goto(String(url));
    return page;
  }

  /** Gives a page another shape and loads it anew, for less than a new page costs. */
  async reshape(page: Page, options: Shape) {
    await shape(page, options);
    await page.reload();
  }

  async [Symbol.asyncDispose]() {
    if (!this.#shared) return await this.#browser.close();
    await Promise.all(this.#contexts.map((context) => context.close()));
  }
}
