/**
 * What both directions of an MQTT connection share.
 *
 * @module
 */

/** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5; 0 is not known. */
export type MqttVersion = 0 | 3 | 4 | 5;

/** One connection. Its version is learned from CONNECT or CONNACK, or set. */
export class MqttLink {
  version: MqttVersion;

  constructor(version: MqttVersion = 0) {
    this.version = version;
  }

  /** Protocol level of a CONNECT; bridges set the highest bit. */
  learn(level: number): void {
    const version = level & 0x7f;
    this.version = version >= 5 ? 5 : version === 3 ? 3 : 4;
  }

  /** Before version 5 a CONNACK has two bytes, since then at least three. */
  learnFromConnack(remainingLength: number): void {
    if (this.version === 0) this.version = remainingLength > 2 ? 5 : 4;
  }

  /** Before version 5 there was no AUTH. */
  learnFromAuth(): void {
    if (this.version === 0) this.version = 5;
  }
}
