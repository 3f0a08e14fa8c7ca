/**
 * What an advertising PDU said, for those who follow links and devices. One object serves all.
 *
 * @module
 */

export class AdvertisingPdu {
  /** PDU type, 0 to 15. */
  type = 0;
  /** Whether there is an AdvA (or, in requests, ScanA or InitA), and its halves (16 and 32 bits). */
  hasAddress = false;
  addressHigh = 0;
  addressLow = 0;
  /** 0 public, 1 random. */
  addressType = 0;
  /** Whether there is a target (TargetA, or AdvA in requests), and its halves. */
  hasTarget = false;
  targetHigh = 0;
  targetLow = 0;
  /** Where the host's advertising data is, and how long; length 0 when there is none. */
  dataAt = 0;
  dataLength = 0;
  /** Advertising data info, -1 without. */
  dataInfo = -1;
  /** Whether a pointer says that more data follows on another channel. */
  continued = false;
  /** Whether an AD structure of its header is not whole. */
  malformed = false;
  /** A link this PDU tells of (CONNECT_IND or SyncInfo): its access address, or -1. */
  linkAddress = -1;
  linkCrcInit = 0;
  /** Whether that link is a periodic advertising train (SyncInfo). */
  periodic = false;

  clear(): void {
    this.type = 0;
    this.hasAddress = false;
    this.addressType = 0;
    this.hasTarget = false;
    this.dataAt = 0;
    this.dataLength = 0;
    this.dataInfo = -1;
    this.continued = false;
    this.malformed = false;
    this.linkAddress = -1;
    this.linkCrcInit = 0;
    this.periodic = false;
  }
}
