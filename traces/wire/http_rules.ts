/**
 * What HTTP/1.1 messages can break (RFC 9110, RFC 9112).
 *
 * @module
 */
import { type Rule, rule, type Severity } from "./problem.ts";

const broken = (text: string, clause: string, severity: Severity = "error"): Rule =>
  rule("http", severity, text, clause);

export const HTTP_RULES = {
  version: broken("version is not HTTP/1.0 or HTTP/1.1", "RFC 9112, 2.3", "warning"),
  status: broken("status code is not three digits", "RFC 9112, 4"),
  fieldName: broken("header line has no valid field name", "RFC 9112, 5.1; RFC 9110, 5.1"),
  folded: broken("header line is folded", "RFC 9112, 5.2", "warning"),
  contentLength: broken("Content-Length is not a number", "RFC 9110, 8.6; RFC 9112, 6.3"),
  lengths: broken("Content-Length is given twice, differently", "RFC 9112, 6.3"),
  lengthAndEncoding: broken(
    "Content-Length and Transfer-Encoding together",
    "RFC 9112, 6.1, 6.3",
    "warning",
  ),
  basic: broken("credentials are not Base64", "RFC 7617, 2"),
  chunk: broken("chunk size cannot be read", "RFC 9112, 7.1"),
  cutShort: broken("message ends before its length", "RFC 9112, 8", "warning"),
  longHead: broken("head is too long; passed over", "", "note"),
  noHead: broken("bytes are no HTTP head; passed over", "", "note"),
};
