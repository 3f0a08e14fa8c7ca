/**
 * What the analysis of a TCP segment can find.
 *
 * @module
 */

/** What can be found. */
export const Finding = {
  Retransmission: 1,
  LostSegment: 2,
  AckLostSegment: 4,
  KeepAlive: 8,
  DuplicateAck: 16,
  ZeroWindow: 32,
  ZeroWindowProbe: 64,
  ZeroWindowProbeAck: 128,
  KeepAliveAck: 256,
  OutOfOrder: 512,
  FastRetransmission: 1024,
  WindowUpdate: 2048,
  WindowFull: 4096,
  ReusedPorts: 8192,
  SpuriousRetransmission: 16384,
} as const;

/** What was found of one segment; one object serves all. */
export class TcpVerdict {
  /** Whether there is anything to tell. */
  present = false;
  /** `Finding` bits. */
  findings = 0;
  /** Frame that the segment acknowledges exactly, 0 for none; and when that was. */
  ackedFrame = 0;
  ackedSeconds = 0;
  ackedNanoseconds = 0;
  /** Frame of the first transmission, supposed, and when that was. */
  rtoFrame = 0;
  rtoSeconds = 0;
  rtoNanoseconds = 0;
  duplicateNumber = 0;
  duplicateFrame = 0;
  bytesInFlight = 0;
  pushBytes = 0;

  clear(): void {
    this.present = false;
    this.findings = 0;
    this.ackedFrame = 0;
    this.rtoFrame = 0;
    this.duplicateNumber = 0;
    this.duplicateFrame = 0;
    this.bytesInFlight = 0;
    this.pushBytes = 0;
  }

  add(finding: number): void {
    this.present = true;
    this.findings |= finding;
  }
}
