/**
 * The captures in `traces/samples`.
 *
 * @module
 */
const FOLDER = new URL("../../../traces/samples/", import.meta.url);

export interface SampleFile {
  /** Without folder. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Whether a file is a capture by its name. */
export function isCapture(name: string): boolean {
  return /\.(pcap|pcapng)(\.gz)?$/.test(name);
}

/** All of them, by name. */
export function sampleFiles(): SampleFile[] {
  return [...Deno.readDirSync(FOLDER)]
    .map(({ name }) => name)
    .filter(isCapture)
    .sort()
    .map((name) => {
      const path = new URL(name, FOLDER).pathname;
      return { name, path, bytes: Deno.readFileSync(path) };
    });
}
