/** Where who is refused finds an access token of a gateway. */
export const TOKEN_ADVICE = "the gateway printed it at its first start and keeps it in " +
  "tokens.json of its data directory: give it as EDGEWIRE_TOKEN or --token";
