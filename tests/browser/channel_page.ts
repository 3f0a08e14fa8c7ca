/**
 * The channel view, for the tests of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { REPLAY_TOPIC } from "../../gateway/broker/replay_times.ts";
import type { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

export const SECOND = 1000;
interface Said {
  /** Seconds before now. */
  ago: number;
  topic: string;
  value: unknown;
}

/** Publishes as of the past, oldest first. */
export async function publishPast(port: number, said: Said[]) {
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  const length = said[0]!.ago * SECOND;
  await peer.publish(REPLAY_TOPIC, { now: length, at: 0 });
  for (const { ago, topic, value } of said) {
    await peer.publish(REPLAY_TOPIC, { at: length - ago * SECOND }, { qos: 0 });
    await peer.publish(topic, value, { qos: 0 });
  }
  // Its acknowledgement says that what came before was taken in.
  await peer.publish(REPLAY_TOPIC, {});
}

/** Four minutes of a temperature each second, with a silence from 150 to 90 s ago. */
function readings(channel: string): Said[] {
  const topic = `devices/${channel}/temperature`;
  return Array.from({ length: 240 }, (_, i) => ({ ago: 240 - i, topic, value: 20 + (i % 7) / 10 }))
    .filter(({ ago }) => ago > 150 || ago < 90);
}

/** Page of a channel that has those readings. */
export async function channelWithReadings(
  gateway: GatewayProcess,
  channel: string,
  query = "",
): Promise<URL> {
  await publishPast(gateway.mqttPort, readings(channel));
  return new URL(`#/channel/${channel}${query}`, gateway.url);
}

/** The area of the first plot within its axes. */
export async function area(page: Page) {
  const over = page.locator(".u-over").first();
  await over.waitFor();
  return (await over.boundingBox())!;
}

/** Which hundredths of a plot's width hold anything of its first line's colour. */
export function inkedParts(page: Page): Promise<boolean[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas")!;
    const over = document.querySelector(".u-over")!.getBoundingClientRect();
    const edge = canvas.getBoundingClientRect();
    const scale = canvas.width / edge.width;
    const swatch = getComputedStyle(document.querySelector(".swatch")!).backgroundColor;
    const [r, g, b] = swatch.match(/\d+/g)!.map(Number);
    const pen = canvas.getContext("2d")!;
    return Array.from({ length: 100 }, (_, part) => {
      const width = Math.max(1, Math.floor(over.width / 100 * scale));
      const left = (over.left - edge.left + over.width * part / 100) * scale;
      const { data } = pen.getImageData(left, 0, width, (over.bottom - edge.top) * scale);
      for (let i = 0; i < data.length; i += 4) {
        const far = Math.abs(data[i]! - r!) + Math.abs(data[i + 1]! - g!) +
          Math.abs(data[i + 2]! - b!);
        if (data[i + 3]! > 200 && far < 12) return true;
      }
      return false;
    });
  });
}

/** Which hundredths of the first plot's width hold a band: its first topic was on. */
export function bandParts(page: Page): Promise<boolean[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas")!;
    const over = document.querySelector(".u-over")!.getBoundingClientRect();
    const edge = canvas.getBoundingClientRect();
    const scale = canvas.width / edge.width;
    const swatch = getComputedStyle(document.querySelector(".swatch")!).backgroundColor;
    const [r, g, b] = swatch.match(/\d+/g)!.map(Number);
    const pen = canvas.getContext("2d")!;
    const width = Math.max(2, Math.floor(over.width / 100 * scale));
    return Array.from({ length: 100 }, (_, part) => {
      const left = (over.left - edge.left + over.width * part / 100) * scale;
      const { data } = pen.getImageData(left, 0, width, (over.bottom - edge.top) * scale);
      let filled = 0;
      for (let i = 0; i < data.length; i += 4) {
        const far = Math.abs(data[i]! - r!) + Math.abs(data[i + 1]! - g!) +
          Math.abs(data[i + 2]! - b!);
        if (data[i + 3]! > 100 && far < 12) filled++;
      }
      // A state that is off is a thin line; the grid's lines have another colour.
      return filled > 6 * scale * width;
    });
  });
}

/** Waits for what no event tells. */
export async function until(condition: () => Promise<boolean>, what: string) {
  const deadline = performance.now() + 10_000;
  while (!await condition()) {
    if (performance.now() > deadline) assert.fail(what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
