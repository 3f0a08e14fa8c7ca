/**
 * One IEEE 802.15.4 frame as numbers: what its header says, for the layers above and the summary.
 * One object serves all frames. EUI-64 addresses are two halves of 32 bits, in the order in which
 * they are written (`hi` holds the OUI).
 *
 * @module
 */

/** Frame types (IEEE 802.15.4-2015, Table 7-1). */
export const WpanType = {
  Beacon: 0,
  Data: 1,
  Ack: 2,
  Command: 3,
  Reserved: 4,
  Multipurpose: 5,
  Fragment: 6,
  Extended: 7,
} as const;

/** Frame versions (IEEE 802.15.4-2015, 7.2.1.9); multipurpose frames have a version 0 of their own. */
export const WpanVersion = { V2003: 0, V2006: 1, V2015: 2, Reserved: 3 } as const;

/** Addressing modes (IEEE 802.15.4-2015, Table 7-3). */
export const WpanAddress = { None: 0, Reserved: 1, Short: 2, Extended: 3 } as const;

/** Broadcast PAN and broadcast short address. */
export const WPAN_BROADCAST = 0xffff;
/** "Associated, but use the extended address" (IEEE 802.15.4-2015, 7.5.3). */
export const WPAN_NO_SHORT_ADDRESS = 0xfffe;

export class WpanFrame {
  /** Interface of the capture that heard it. */
  interfaceId = 0;
  /** Offset of the frame control field in the bytes being read. */
  start = 0;
  /** One of `WpanType`. */
  type = 0;
  /** One of `WpanVersion`. */
  version = 0;
  security = false;
  pending = false;
  ackRequest = false;
  panCompression = false;
  sequenceSuppressed = false;
  iePresent = false;
  /** One of `WpanAddress`. */
  destinationMode = 0;
  sourceMode = 0;
  /** 0 to 255, or -1 when suppressed. */
  sequence = -1;
  destinationPanPresent = false;
  sourcePanPresent = false;
  destinationPan = 0;
  /** As in the frame, else the destination's, else broadcast. */
  sourcePan = 0;
  destination16 = 0;
  destination64Hi = 0;
  destination64Lo = 0;
  source16 = 0;
  source64Hi = 0;
  source64Lo = 0;
  /** The extended address belonging to a short source: known, and since which frame. */
  learned = false;
  learnedHi = 0;
  learnedLo = 0;
  learnedIn = 0;

  /** Security level 0 to 7 (IEEE 802.15.4-2015, Table 9-6). */
  securityLevel = 0;
  keyIdMode = 0;
  counterSuppressed = false;
  /** Whether the nonce holds the slot number in place of the frame counter (TSCH). */
  asnInNonce = false;
  frameCounter = 0;
  /** Only of 2003 frames. */
  keySequenceCounter = 0;
  keySourceHi = 0;
  keySourceLo = 0;
  keyIndex = 0;
  /** The integrity code fits a key, and the frame is whole: the sender has sent it as it is. */
  authenticated = false;
  /** Whether the header IEs end with one that says that payload IEs follow. */
  payloadIes = false;
  /** MAC command identifier, -1 when there is none (yet). */
  command = -1;

  /** True, false when the frame check sequence is wrong; true when it isn't captured. */
  fcsOk = true;
  /** Length of the frame on the air as far as known, frame check sequence included, in bytes. */
  length = 0;
  /** Link quality, 0 to 255, -1 when unknown. */
  lqi = -1;
  /** Received signal strength in dBm, NaN when unknown. */
  rss = NaN;
  /** Channel number, -1 when unknown. */
  channel = -1;
  /** Absolute slot number of TSCH: upper 8 and lower 32 bits; stays until another is seen. */
  asnHi = 0;
  asnLo = 0;

  /** Where a TAP header has its 64-bit times, in the bytes being read; -1 when it hasn't. */
  slotStartAt = -1;
  frameStartAt = -1;
  frameEndAt = -1;
  /** Length of the TSCH time slot in microseconds, 0 when unknown. */
  slotLength = 0;

  /** Forgets the last frame. */
  clear(): void {
    this.sequence = -1;
    this.learned = false;
    this.securityLevel = 0;
    this.keyIdMode = 0;
    this.counterSuppressed = false;
    this.asnInNonce = false;
    this.frameCounter = 0;
    this.keySequenceCounter = 0;
    this.keySourceHi = 0;
    this.keySourceLo = 0;
    this.keyIndex = 0;
    this.authenticated = false;
    this.payloadIes = false;
    this.command = -1;
    this.fcsOk = true;
    this.lqi = -1;
    this.rss = NaN;
    this.channel = -1;
    this.#clearAddresses();
  }

  #clearAddresses(): void {
    this.destinationPanPresent = false;
    this.sourcePanPresent = false;
    this.destinationPan = 0;
    this.sourcePan = 0;
    this.destination16 = 0;
    this.destination64Hi = 0;
    this.destination64Lo = 0;
    this.source16 = 0;
    this.source64Hi = 0;
    this.source64Lo = 0;
  }

  /** Bytes of the message integrity code of this frame's security level. */
  get micLength(): number {
    return MIC_LENGTHS[this.securityLevel & 3]!;
  }

  /** Whether the payload is encrypted at this frame's security level. */
  get encrypted(): boolean {
    return (this.securityLevel & 4) !== 0;
  }
}

const MIC_LENGTHS: readonly number[] = [0, 4, 8, 16];
