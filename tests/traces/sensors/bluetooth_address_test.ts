import assert from "node:assert/strict";
import {
  deviceAddressText,
  deviceName,
  parseDeviceAddress,
} from "../../../traces/sensors/bluetooth_address.ts";

Deno.test("an address is read in its three spellings", () => {
  for (
    const text of [
      "A4:C1:38:8D:18:B2",
      "a4:c1:38:8d:18:b2",
      "a4-c1-38-8d-18-b2",
      "A4C1388D18B2",
      "a4c1388D18b2",
    ]
  ) {
    assert.equal(parseDeviceAddress(text), 0xa4c1388d18b2, text);
  }
});

Deno.test("what is no address is refused", () => {
  for (
    const text of [
      "",
      "A4:C1:38:8D:18",
      "A4:C1:38:8D:18:B2:00",
      "A4:C1:38:8D:18:G2",
      "A4:C1-38:8D:18:B2",
      "A4C1:388D:18B2",
      " A4C1388D18B2",
      "A4C1388D18B2\n",
      "0xA4C1388D18",
      "A4C1388D18B",
    ]
  ) {
    assert.equal(parseDeviceAddress(text), undefined, JSON.stringify(text));
  }
});

Deno.test("an address is written with all its zeros", () => {
  assert.equal(deviceAddressText(0xa4c1388d18b2), "A4:C1:38:8D:18:B2");
  assert.equal(deviceAddressText(0x0a), "00:00:00:00:00:0A");
  assert.equal(deviceAddressText(2 ** 48 - 1), "FF:FF:FF:FF:FF:FF");
  assert.equal(deviceName(0xa4c1388d18b2), "A4C1388D18B2");
  assert.equal(deviceName(0), "000000000000");
  assert.equal(parseDeviceAddress(deviceAddressText(0x00124b000102)), 0x00124b000102);
});
