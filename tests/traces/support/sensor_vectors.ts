/**
 * Packets of BTHome devices: from bthome.io/format and bthome.io/encryption, from the tests of
 * bthome-ble, from Shelly devices. What each says is in the tests of the decoders.
 *
 * @module
 */
import { manufacturerData, serviceData } from "./sensor_sealing.ts";

/** One packet. */
export interface SensorVector {
  readonly name: string;
  /** As the report names it. */
  readonly format: string;
  /** Sender, 48 bits; -1: none given. */
  readonly address: number;
  /** Hexadecimal digits. */
  readonly key?: string;
  /**
   * What `hex` is: service data behind its UUID, manufacturer data behind its company, or all of the
   * advertising data.
   */
  readonly kind: "service data" | "manufacturer data" | "advertisement";
  /** UUID or company; 0 for an advertisement. */
  readonly id: number;
  readonly hex: string;
}

/** The packet as advertising data. */
export function advertisementOf({ kind, id, hex }: SensorVector): Uint8Array<ArrayBuffer> {
  const content = Uint8Array.fromHex(hex);
  if (kind === "advertisement") return content;
  return kind === "service data" ? serviceData(id, content) : manufacturerData(id, content);
}

/** The device and key of most encrypted vectors. */
export const ADDRESS = 0x5448e68f80a5;
export const KEY = "231d39c1d7cc1ab1aee224cd096db932";

const V2 = 0xfcd2;
const V1 = 0x181c;
const V1_ENCRYPTED = 0x181e;

function plain(name: string, hex: string): SensorVector {
  return { name, format: "BTHome v2", address: ADDRESS, kind: "service data", id: V2, hex };
}

function encrypted(name: string, hex: string): SensorVector {
  return { ...plain(name, hex), key: KEY };
}

function plainV1(name: string, hex: string): SensorVector {
  return { ...plain(name, hex), format: "BTHome v1", id: V1 };
}

export const BTHOME_PLAIN: readonly SensorVector[] = [
  plain("temperature, humidity", "4002ca0903bf13"),
  plain("packet id, battery, temperature, humidity", "400009015d025d0903b718"),
  plain("pressure", "4004138a01"),
  plain("pressure, by trigger", "4404138a01"),
  plain("illuminance", "4005138a14"),
  plain("mass, kg", "40065e1f"),
  plain("mass, lb", "40073e1d"),
  plain("dew point", "4008ca06"),
  plain("count, uint8", "400960"),
  plain("energy, uint24", "400a138a14"),
  plain("power", "400b021b00"),
  plain("voltage", "400c020c"),
  plain("pm2.5, pm10", "400d120c0e021c"),
  plain("CO2", "4012e204"),
  plain("TVOC", "40133301"),
  plain("moisture", "4014020c"),
  plain("generic", "400f01"),
  plain("power on", "401001"),
  plain("opening closed", "401100"),
  plain("window open", "402d01"),
  plain("button, long press", "403a04"),
  plain("three buttons", "403a003a013a03"),
  plain("button, hold press", "403a80"),
  plain("dimmer", "403c0103"),
  plain("rotation", "403f020c"),
  plain("distance, mm", "40400c00"),
  plain("distance, m", "40414e00"),
  plain("duration", "40424e3400"),
  plain("current", "40434e34"),
  plain("speed", "40444e34"),
  plain("temperature, 0.1", "40451101"),
  plain("UV index", "404632"),
  plain("volume, 0.1 L", "40478756"),
  plain("volume, mL", "4048dc87"),
  plain("volume flow rate", "4049dc87"),
  plain("voltage, 0.1", "404a020c"),
  plain("gas, uint24", "404b138a14"),
  plain("gas, uint32", "404c41018a01"),
  plain("energy, uint32", "404d12138a14"),
  plain("volume, 0.001 L", "404e87562a01"),
  plain("water", "404f87562a01"),
  plain("volume storage", "405587562a01"),
  plain("timestamp", "44505d396164"),
  plain("acceleration", "44518756"),
  plain("gyroscope", "44528756"),
  plain("text", "44530c48656c6c6f20576f726c6421"),
  plain("raw", "44540c48656c6c6f20576f726c6421"),
  plain("text that is no UTF-8", "44530187"),
  plain("conductivity", "4056e803"),
  plain("temperature, sint8", "4057ea"),
  plain("temperature, 0.35", "4058ea"),
  plain("count, sint8", "4059ea"),
  plain("count, sint16", "405aeaea"),
  plain("count, sint32", "405bea0234ea"),
  plain("power, sint32", "405c02fbffff"),
  plain("current, sint16", "405d02ea"),
  plain("direction, precipitation", "405e3f755f11d5"),
  plain("channel", "406001"),
  plain("rotational speed", "4061ac0d"),
  plain("speed, sint32", "40624099dfff"),
  plain("acceleration, sint32", "40630057d0ff"),
  plain("light level", "406402"),
  plain("device type, firmware", "40f00100f100010204f2000106"),
  plain("two temperatures", "4002ca0902cf09"),
  plain("not ascending", "4002ca0902cf0902cf0803b71803b717015d"),
  plain("two voltages apart", "4000010b0000004a0d0901330ce90c"),
  plain("packet id, voltage, power off", "4000a70c780b1000"),
  plain("Shelly H&T display", "40002e01641e012e34451601"),
  plain("with address", "42b2188d38c1a404138a01"),
];

export const BTHOME_MALFORMED: readonly SensorVector[] = [
  plain("version 7", "e102000c0404138a01"),
  plain("unknown object first", "40feca09"),
  plain("unknown object later", "40015dfe5d0903b718"),
  plain("last object cut short", "4002ca0903bf"),
  plain("version 0", "00"),
];

export const BTHOME_ENCRYPTED: readonly SensorVector[] = [
  encrypted("temperature, humidity", "41a47266c95f730011223378237214"),
  encrypted("with address", "43a5808fe64854f196c06ffb4900112233f08ecbde"),
  encrypted("motion", "4187b90011223372b0231f"),
  encrypted("counter 1122867", "41e445f3c9962b332211006c7c4519"),
  encrypted("counter 1122868", "413e932cc7175f34221100553876af"),
  encrypted("counter 1122866", "41723d3035fb88322211009e7414c0"),
  encrypted("last counter", "41ba0db07aeef6ffffffff21fd4600"),
  encrypted("counter 0", "41de40b50e676600000000d7cb95de"),
  encrypted("too short", "41ba0db07aeef600"),
  encrypted("counter changed", "41a47266c95f730111223378237214"),
  encrypted("another key", "41c869d37ea5f88e271629ecf27a85"),
  {
    ...plain("Shelly BLU button", "450aeb84467f85ba0100003188788c"),
    address: 0xb43522f53da4,
    key: "90bffd73cb6b26ef58a7a8eba9232036",
  },
];

export const BTHOME_V1: readonly SensorVector[] = [
  plainV1("temperature, humidity", "2302ca090303bf13"),
  plainV1("temperature, humidity, battery", "23025d090303b71802015d"),
  plainV1("packet id, pressure", "02000c0404138a01"),
  plainV1("mass, half precision float", "4306fe70"),
  plainV1("button", "023a04"),
  plainV1("dimmer", "033c0103"),
  plainV1("timestamp", "a5505d396164"),
  plainV1("packet id, power off, voltage", "0200b4021000030cbe0b"),
  {
    ...plainV1("encrypted", "fba435e4d3c312fb0011223357d90a99"),
    id: V1_ENCRYPTED,
    key: KEY,
  },
];

/** With flags and name. */
export const BTHOME_ADVERTISEMENT: SensorVector = {
  name: "DIY-sensor",
  format: "BTHome v2",
  address: ADDRESS,
  kind: "advertisement",
  id: 0,
  hex: "020106" + "0b094449592d73656e736f72" + "0a16d2fc4002c40903bf13",
};

/** All of them. */
export const BTHOME_VECTORS: readonly SensorVector[] = [
  ...BTHOME_PLAIN,
  ...BTHOME_MALFORMED,
  ...BTHOME_ENCRYPTED,
  ...BTHOME_V1,
  BTHOME_ADVERTISEMENT,
];
