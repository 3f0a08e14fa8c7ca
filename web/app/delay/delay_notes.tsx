/** What the figures are, so that they mean something. */
export function DelayNotes({ source }: { source: "ping" | "topic" }) {
  return (
    <section class="delay-notes" aria-label="What the figures mean">
      {source === "ping"
        ? (
          <p>
            <b>Delay</b>{" "}
            is from just before the page sends to when it receives, both by the page's own clock: no
            clocks are compared. Only the time stamps of the relay and the room are the gateway's,
            and no figure here uses them.
          </p>
        )
        : (
          <p>
            <b>Delay</b>{" "}
            is from when the gateway took the message in, by the gateway's clock, to when the page
            received it, by the page's: all four ways cross clocks, and are off by the uncertainty
            above. Messages are matched with the room's by payload and order.
          </p>
        )}
      <p>
        <b>Jitter</b>{" "}
        is the mean absolute difference of consecutive delays (D of RFC 3550, 6.4.1, not smoothed).
        Percentiles are exact, by nearest rank, of the newest 100,000 delays; the histograms have a
        logarithmic axis in milliseconds with lines at the median (solid) and the 99th percentile
        (dashed).
      </p>
      <p>
        <b>Lost</b> is what did not come within 5 s or before a later one
        {source === "ping" ? ", by the numbers of the pings." : ", by what the room had."}{" "}
        Polling sees only the newest value: those between two answers are{" "}
        <b>not seen</b>, and its delay lasts until the answer is there.
      </p>
    </section>
  );
}
