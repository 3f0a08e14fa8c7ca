/**
 * Puts a small script into the folders in which Wireshark looks for capture programs. On Unix it
 * answers the questions that Wireshark asks at each start by itself: starting this program for
 * them would make Wireshark's start slower.
 *
 * @module
 */
import { answer, INTERFACE, type Question, QUESTIONS } from "./extcap.ts";
import { environment } from "./trace_options.ts";

/** In each script of ours; a file without it is somebody else's. */
const MARK = "Written by edgewire trace --install-extcap";

/** Where scripts are for this user. */
export interface ExtcapPlace {
  readonly folders: readonly string[];
  readonly file: string;
  readonly windows: boolean;
}

/**
 * Wireshark up to 4.0 looks into its configuration folder, later ones into `~/.local/lib`; each
 * into one of them only.
 *
 * @throws {Error} when there is no home folder
 */
export function extcapPlace(): ExtcapPlace {
  if (Deno.build.os === "windows") {
    const data = environment("APPDATA");
    if (!data) throw new Error("APPDATA is not set, or may not be read: --allow-env=APPDATA");
    return { folders: [`${data}\\Wireshark\\extcap`], file: `${INTERFACE}.bat`, windows: true };
  }
  const home = environment("HOME");
  if (!home) throw new Error("HOME is not set, or may not be read: --allow-env=HOME");
  const config = environment("XDG_CONFIG_HOME") || `${home}/.config`;
  return {
    folders: [`${config}/wireshark/extcap`, `${home}/.local/lib/wireshark/extcap`],
    file: INTERFACE,
    windows: false,
  };
}

/**
 * Writes the scripts.
 *
 * @param program Words that start `edgewire trace`.
 * @param from Address that the dialog begins with.
 * @returns The files.
 * @throws {Error} when one can't be written, or is somebody else's
 */
export function installExtcap(place: ExtcapPlace, program: string[], from: string): string[] {
  const text = place.windows ? batchFile(program, from) : shellScript(program, from);
  return place.folders.map((folder) => {
    const path = `${folder}${place.windows ? "\\" : "/"}${place.file}`;
    if (isForeign(path)) throw new Error(`${path} is not ours: move it away first`);
    try {
      Deno.mkdirSync(folder, { recursive: true });
      Deno.writeTextFileSync(path, text);
      if (!place.windows) Deno.chmodSync(path, 0o755);
    } catch (error) {
      const advice = Deno.build.standalone && error instanceof Deno.errors.NotCapable
        ? ": a compiled edgewire writes below the current folder only, so run it in your home folder"
        : "";
      throw new Error(`${path} can't be written: ${(error as Error).message}${advice}`);
    }
    return path;
  });
}

/** Removes the scripts that are ours. @returns Those that were there. */
export function uninstallExtcap(place: ExtcapPlace): string[] {
  return place.folders.flatMap((folder) => {
    const path = `${folder}${place.windows ? "\\" : "/"}${place.file}`;
    if (!exists(path) || isForeign(path)) return [];
    Deno.removeSync(path);
    return [path];
  });
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function isForeign(path: string): boolean {
  return exists(path) && !Deno.readTextFileSync(path).includes(MARK);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The script for a POSIX shell. */
export function shellScript(program: string[], from: string): string {
  const printed = (question: Question) =>
    answer(question, from).map((line) => `  ${quote(line)}`).join(" \\\n");
  // Wireshark would wait for ever for a pipe that a missing program does not open.
  const files = program.filter((word) => word.startsWith("/"));
  return `#!/bin/sh
# ${MARK}; --uninstall-extcap removes it.
asked= fifo= before=
for word do
  [ "$before" != --fifo ] || fifo=$word
  before=$word
  case $word in
${QUESTIONS.map((name) => `  --extcap-${name}) [ "$asked" ] || asked=${name} ;;`).join("\n")}
  --capture | --extcap-reload-option*) asked=program ;;
  esac
done
case $asked in
${
    QUESTIONS.map((name) => `${name})\n  printf '%s\\n' \\\n${printed(name)}\n  exit 0 ;;`).join(
      "\n",
    )
  }
esac
for file in ${files.map(quote).join(" ")}; do
  [ ! -e "$file" ] || continue
  [ -z "$fifo" ] || : >"$fifo"
  echo "edgewire: $file is gone: run edgewire trace --install-extcap again" >&2
  exit 1
done
exec ${[...program, "--from", from].map(quote).join(" ")} "$@"
`;
}

function batchFile(program: string[], from: string): string {
  const words = [...program, "--from", from].map((word) => `"${word.replaceAll("%", "%%")}"`);
  return `@echo off\r\nrem ${MARK}; --uninstall-extcap removes it.\r\n${words.join(" ")} %*\r\n`;
}

/**
 * The words that start this very program's `trace` from anywhere, with the permissions that
 * capturing needs.
 *
 * @param main The program's main module.
 */
export function ownProgram(main: string): string[] {
  const deno = Deno.execPath();
  if (Deno.build.standalone) return [deno, "trace"];
  return [
    deno,
    "run",
    "--quiet",
    "--no-prompt",
    "--no-check",
    "--ignore-env",
    "--allow-env=EDGEWIRE_TOKEN",
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-run=dumpcap,tcpdump",
    "--allow-sys=networkInterfaces",
    main,
    "trace",
  ];
}
