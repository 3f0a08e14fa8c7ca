import { effect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { ChannelListener, ChannelModel, TopicModel } from "../channel_model.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import type { Store } from "../store.ts";
import type { RequestQueue } from "./request_queue.ts";
import { type Spark, sparkOf } from "./spark.ts";
import type { SparkPaths } from "./spark_bins.ts";

const WIDTH = 120;
const HEIGHT = 48;
/** Lines drawn in one frame, at most. */
const PER_FRAME = 12;
/** How far a line may lag behind the time, milliseconds: a part of a pixel. */
const LAG = 15_000;

const due = new Set<() => void>();

function drawDue(): void {
  let left = PER_FRAME;
  for (const draw of due) {
    if (left-- === 0) return onNextFrame(drawDue);
    due.delete(draw);
    draw();
  }
}

interface SparklineProps {
  store: Store;
  requests: RequestQueue;
  model: ChannelModel;
  topic: TopicModel;
  /** Told what was drawn. */
  onDrawn: (paths: SparkPaths) => void;
}

/** The last hour of a topic; drawn at most once a second, gaps as gaps. */
export function Sparkline({ store, requests, model, topic, onDrawn }: SparklineProps) {
  const line = useRef<SVGPathElement>(null);
  const area = useRef<SVGPathElement>(null);
  const spark = useMemo(() => sparkOf(model, topic), [model, topic]);
  // Ends before the elements are gone: an effect after painting ends later.
  useLayoutEffect(() => {
    let drawn = -Infinity;
    const draw = () => {
      const paths = spark.bins.paths(store.time(), WIDTH, HEIGHT, spark.held);
      spark.dirty = false;
      drawn = store.time();
      line.current!.setAttribute("d", paths.line);
      area.current!.setAttribute("d", paths.area);
      onDrawn(paths);
    };
    const stop = [
      listen(model, topic, spark),
      effect(() => {
        const now = store.now.value;
        if (store.asking.value) spark.follow(now, requests);
        if (!spark.loaded.value || (!spark.dirty && now - drawn < LAG)) return;
        due.add(draw);
        onNextFrame(drawDue);
      }),
      () => due.delete(draw),
      () => spark.leave(),
    ];
    return () => stop.forEach((each) => each());
  }, [store, spark]);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path class="spark-area" ref={area} />
      <path class="spark-line" ref={line} />
    </svg>
  );
}

/** Every update counts, also those that no frame shows. */
function listen(model: ChannelModel, topic: TopicModel, spark: Spark): () => void {
  const last = topic.update.peek();
  if (last) spark.add(last.time, last.value);
  const listener: ChannelListener = {
    update: (update) => {
      if (update.topic === topic.topic) spark.add(update.time, update.value);
    },
    gap: () => {},
  };
  model.listeners.add(listener);
  return () => model.listeners.delete(listener);
}
