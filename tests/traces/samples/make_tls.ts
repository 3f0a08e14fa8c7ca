/**
 * Makes the samples of TLS: Mosquitto and Paho, `mqtts` and `wss`, TLS 1.2 and 1.3 with each kind of
 * AEAD suite. The keys of the sessions are in the samples.
 *
 * Run: `deno run -A tests/traces/samples/make_tls.ts`
 *
 * @module
 */
import { makeCertificates } from "../../support/certificates.ts";
import { startMosquitto } from "../../support/mosquitto.ts";
import { PYTHON } from "../../support/tools.ts";
import { recordLoopback } from "./record_loopback.ts";

interface Session {
  transport: "tcp" | "websockets";
  version: "1.2" | "1.3";
  /** OpenSSL's names; of TLS 1.3 the broker chooses. */
  suites?: string;
}

const SESSIONS: Record<string, Session> = {
  "tls12-aes128-gcm": { transport: "tcp", version: "1.2", suites: "ECDHE-ECDSA-AES128-GCM-SHA256" },
  "tls12-aes256-gcm-wss": {
    ...{ transport: "websockets", version: "1.2", suites: "ECDHE-ECDSA-AES256-GCM-SHA384" },
  },
  "tls12-chacha20": { transport: "tcp", version: "1.2", suites: "ECDHE-ECDSA-CHACHA20-POLY1305" },
  "tls12-aes128-ccm8": { transport: "tcp", version: "1.2", suites: "ECDHE-ECDSA-AES128-CCM8" },
  "tls13-aes128-gcm": { transport: "tcp", version: "1.3", suites: "TLS_AES_128_GCM_SHA256" },
  "tls13-aes256-gcm-wss": {
    ...{ transport: "websockets", version: "1.3", suites: "TLS_AES_256_GCM_SHA384" },
  },
  "tls13-chacha20": { transport: "tcp", version: "1.3", suites: "TLS_CHACHA20_POLY1305_SHA256" },
};

async function record(name: string, { transport, version, suites = "" }: Session, dir: string) {
  const { ca, cert, key } = await makeCertificates();
  await Deno.writeTextFile(`${dir}/ca.pem`, ca);
  const config = version === "1.2"
    ? [`ciphers ${suites}:@SECLEVEL=0`]
    : [`ciphers_tls1.3 ${suites}`];
  await using broker = await startMosquitto({
    tls: { cert, key },
    listener: config,
    websockets: transport === "websockets",
  });
  const keyLog = `${dir}/${name}.keys`;
  const port = transport === "websockets" ? broker.wsPort : broker.port;
  const script = new URL("paho_session.py", import.meta.url).pathname;
  const chosen = version === "1.2" ? `${suites}:@SECLEVEL=0` : "";
  const args = [script, transport, String(port), `${dir}/ca.pem`, keyLog, version, chosen];
  const options = { ports: [port], keyLog: () => secretsOf(keyLog) };
  await recordLoopback(name, options, async () => {
    const { success, stderr } = await new Deno.Command(PYTHON, { args }).output();
    if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
  });
}

/** The lines of a key log, without its comments. */
function secretsOf(file: string): string {
  const lines = Deno.readTextFileSync(file).split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n") + "\n";
}

if (import.meta.main) {
  const dir = await Deno.makeTempDir({ prefix: "edgewire-tls-" });
  try {
    for (const [name, session] of Object.entries(SESSIONS)) await record(name, session, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
