/**
 * A certificate authority of the test's own, and a certificate for 127.0.0.1
 * and localhost. Tests that call it name `openssl` as a tool.
 *
 * @module
 */

/** PEM texts. */
export interface Certificates {
  ca: string;
  cert: string;
  key: string;
}

async function openssl(cwd: string, command: string) {
  const output = await new Deno.Command("openssl", { args: command.split(" "), cwd }).output();
  if (output.success) return;
  throw new Error(`openssl ${command}: ${new TextDecoder().decode(output.stderr)}`);
}

/** Makes new ones; nothing is left on disk. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await Deno.makeTempDir({ prefix: "edgewire-certificates-" });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout";
  try {
    await openssl(dir, `req -x509 ${key} ca.key -out ca.pem -days 2 -subj /CN=Edgewire-test-CA`);
    await openssl(dir, `req ${key} key.pem -out request.pem -subj /CN=localhost`);
    await Deno.writeTextFile(
      `${dir}/extensions`,
      "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    );
    await openssl(
      dir,
      "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 " +
        "-extfile extensions -out cert.pem",
    );
    const read = (name: string) => Deno.readTextFile(`${dir}/${name}`);
    return { ca: await read("ca.pem"), cert: await read("cert.pem"), key: await read("key.pem") };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
