/** The README's table of settings says what the program does. */
import assert from "node:assert/strict";
import { flagName, options } from "../../gateway/config/options.ts";

Deno.test("every setting stands in the README as it is", () => {
  const text = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  for (const option of options) {
    const row = rows.find((cells) => cells[1] === `\`${option.key}\``);
    assert.ok(row, `${option.key} is missing`);
    const { default: preset } = option;
    const shown = preset === undefined || String(preset) === "" ? "" : `\`${preset}\``;
    assert.deepEqual(row.slice(1, 5), [
      `\`${option.key}\``,
      `\`--${flagName(option)}\``,
      shown,
      option.help,
    ]);
  }
});
