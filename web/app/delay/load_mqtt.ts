export type Library = typeof import("./mqtt_library.ts");

/** Loads what measures delays, with its MQTT client: no part of the page's own script. */
export function loadMqtt(): Promise<Library> {
  const { content } = document.querySelector<HTMLMetaElement>('meta[name="mqtt-library"]')!;
  return import(content);
}
