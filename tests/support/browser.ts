/**
 * Headless Chromium, as Debian packages it.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

/** How Chromium is started; it keeps off the network beyond the page's own. */
export const LAUNCH = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export interface PageOptions {
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
  /** Whether the page is touched, not clicked. */
  touch?: boolean;
}

/** A browser with pages that fail the test on a script error or a CSP breach. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly problems: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch(LAUNCH));
  }

  async page(url: URL | string, options: PageOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      colorScheme: options.colorScheme ?? "light",
      hasTouch: options.touch ?? false,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    await page.goto(String(url));
    return page;
  }

  async [Symbol.asyncDispose]() {
    await this.#browser.close();
  }
}
