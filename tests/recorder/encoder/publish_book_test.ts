/** Which PUBLISH is which, where several are equal. */
import { equal } from "node:assert/strict";
import { PublishBook, type SeenPublish } from "../../../gateway/recorder/encoder/publish_book.ts";
import { Origin } from "../../../gateway/recorder/encoder/trace_ids.ts";

function seen(time: number, id = ""): SeenPublish {
  return {
    topic: "devices/desk/n",
    topicLength: 14,
    qos: 0,
    packetId: 0,
    payloadLength: 1,
    time,
    key: "1 1 devices/desk/n",
    unix: NaN,
    origin: id === "" ? null : new Origin(id, null),
    update: null,
  };
}

/** What one goes out as. */
function goesOut(book: PublishBook, connection: number, time: number): string | undefined {
  const publish = seen(time);
  book.identify(publish, connection);
  return publish.origin?.id;
}

Deno.test("equal messages that came at once go out in their order", () => {
  const book = new PublishBook();
  for (const [id, time] of [["a-1", 1000], ["a-2", 1001], ["a-3", 1002]] as const) {
    book.taken(seen(time, id));
  }
  for (const connection of [1, 2]) {
    equal(goesOut(book, connection, 1003), "a-1");
    equal(goesOut(book, connection, 1004), "a-2");
    equal(goesOut(book, connection, 1004), "a-3");
    equal(goesOut(book, connection, 1005), undefined, "all of them have gone out");
  }
});

Deno.test("who was not there for the earlier ones gets the latest", () => {
  const book = new PublishBook();
  book.taken(seen(1000, "a-1"));
  equal(goesOut(book, 1, 1001), "a-1");
  book.taken(seen(2000, "a-2"));
  equal(goesOut(book, 2, 2001), "a-2");
  equal(goesOut(book, 1, 2001), "a-2");
  equal(goesOut(book, 3, 13_000), undefined, "too long ago");
});
