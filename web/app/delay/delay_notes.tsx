/** What the figures are, so that they mean something. */
export function DelayNotes({ source }: { source: "ping" | "topic" }) {
  const ping = source === "ping";
  return (
    <section class="delay-notes" aria-label="What the figures mean">
      <p>
        <b>Delay</b> {ping
          ? "is from just before the page sends to when it receives, both by the page's own clock."
          : "is from when the gateway took the message in, by the gateway's clock, to when the " +
            "page received it, by the page's: all are off by the uncertainty above. Messages are " +
            "matched with the room's by payload and order."}
      </p>
      <p>
        <b>Jitter</b>{" "}
        is the mean absolute difference of consecutive delays (D of RFC 3550, 6.4.1, not smoothed).
        Percentiles are exact, by nearest rank, of the newest 100,000 delays; the histograms have a
        logarithmic axis with lines at the median (solid) and the 99th percentile (dashed).
      </p>
      <p>
        <b>Lost</b> is what did not come within 5 s or before a later one, by{" "}
        {ping ? "the numbers of the pings" : "what the room had"}. After a break the room brings
        what was missed, late; of a gateway started anew only the newest.
      </p>
      <p>
        <b>Polling</b>{" "}
        asks at a random moment of each period, and sees only the newest value: its delay lasts
        until the answer is there, and those between two answers are not seen.
      </p>
    </section>
  );
}
