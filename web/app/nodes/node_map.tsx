import { useEffect } from "preact/hooks";
import type { DeviceInfo, Liveness, NodeInfo } from "../../../gateway/nodes/answers.ts";
import { linkWords } from "./link_words.ts";
import { stateWord } from "./liveness_words.ts";
import { type Chosen, fit, layOut, type MapLayout, type MapLink, type Mark } from "./map_layout.ts";
import { useWidth } from "./use_width.ts";

interface MapProps {
  nodes: NodeInfo[];
  devices: DeviceInfo[];
  chosen: Chosen | undefined;
  /** The address that chooses something, or, when it is chosen, chooses nothing. */
  href: (kind: Chosen["kind"], name: string) => string;
}

type Named = Liveness & { name: string };

/** Where nodes end and devices begin, CSS pixels. */
interface Sides {
  left: number;
  right: number;
  width: number;
}

/** What signal and share take, and the least for a name before them, CSS pixels. */
const WORDS = 130;
const NAME = 80;

const SIGNALS = [
  ["strong", "−60 dBm and more"],
  ["fair", "to −75"],
  ["weak", "to −90"],
  ["faint", "less"],
] as const;

/**
 * Nodes on the left, devices on the right, a line wherever one hears the other. The tables below say
 * the same in words; arrow keys move about, Enter chooses.
 */
export function NodeMap({ nodes, devices, chosen, href }: MapProps) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const layout = layOut(nodes, devices, chosen);
  useEffect(() => placeStop(ref.current!));
  const sides = {
    left: Math.round(Math.min(170, width * 0.29)),
    right: Math.round(width - Math.min(280, width * 0.35)),
    width,
  };
  return (
    <div class="node-map" ref={ref}>
      <svg
        role="group"
        aria-label="Map of who hears whom"
        aria-description="Arrow keys move from one to the next, Enter chooses."
        height={layout.height}
        width={width}
        onKeyDown={moveFocus}
        data-chosen={[...layout.nodes, ...layout.devices].some(({ lit }) => lit) || undefined}
      >
        {width > 0 && <Picture layout={layout} chosen={chosen} href={href} sides={sides} />}
      </svg>
      <ul class="map-legend">
        {SIGNALS.map(([signal, words]) => (
          <li key={signal}>
            <Sample signal={signal} />
            {words}
          </li>
        ))}
        <li>
          <Sample signal="unknown" lost />
          lost
        </li>
      </ul>
    </div>
  );
}

function Sample({ signal, lost = false }: { signal: string; lost?: boolean }) {
  return (
    <svg width="26" height="8" aria-hidden="true">
      <path d="M0 4H26" data-signal={signal} data-lost={lost} data-lit />
    </svg>
  );
}

interface PictureProps {
  layout: MapLayout;
  chosen: Chosen | undefined;
  href: MapProps["href"];
  sides: Sides;
}

function Picture({ layout, chosen, href, sides }: PictureProps) {
  const { nodes, devices, pitch } = layout;
  const { left, right, width } = sides;
  const words = endWords(layout, chosen);
  const place = (kind: Chosen["kind"], mark: Mark<Named>) => {
    const { name } = mark.of;
    return {
      key: name,
      mark,
      href: href(kind, name),
      current: chosen?.kind === kind && chosen.name === name,
      words: chosen?.kind === kind ? undefined : words.get(name),
    };
  };
  const size = Math.min(4.5, Math.max(1, pitch / 2.5));
  return (
    <>
      <Links layout={layout} sides={sides} />
      <g data-side="nodes">
        {nodes.map((mark) => (
          <Spot {...place("node", mark)} x={left} room={left - 14} height={20} size={5} />
        ))}
      </g>
      <g data-side="devices">
        {devices.map((mark) => (
          <Spot
            {...place("device", mark)}
            x={right}
            room={width - right - 14}
            height={pitch}
            size={size}
            after
          />
        ))}
      </g>
    </>
  );
}

function Links(
  { layout: { links }, sides: { left, right } }: Pick<PictureProps, "layout" | "sides">,
) {
  // The more lines there are the fainter they are, so that their sum can be read.
  const opacity = Math.min(0.85, Math.max(0.12, 30 / links.length));
  return (
    <g stroke-opacity={opacity}>
      {links.map((link) => (
        <path
          key={`${link.receiver.node}\n${link.device}`}
          d={curve(link, left, right)}
          data-signal={link.signal}
          data-lost={link.lost}
          data-lit={link.lit || undefined}
        />
      ))}
    </g>
  );
}

/** Words of the chosen links, by what is at the end that was not chosen. */
function endWords({ links }: MapLayout, chosen: Chosen | undefined): Map<string, string> {
  const end = ({ receiver, device }: MapLink) => chosen?.kind === "device" ? receiver.node : device;
  return new Map(
    links.filter(({ lit }) => lit).map((link) => [end(link), linkWords(link.receiver)]),
  );
}

function curve({ from, to }: MapLink, left: number, right: number): string {
  const middle = (left + right) / 2;
  return `M${left} ${from}C${middle} ${from} ${middle} ${to} ${right} ${to}`;
}

interface SpotProps {
  mark: Mark<Named>;
  href: string;
  x: number;
  /** For the name, CSS pixels. */
  room: number;
  /** Of what can be clicked. */
  height: number;
  /** Half of the mark. */
  size: number;
  /** Whether the name stands behind the mark. */
  after?: boolean;
  current: boolean;
  /** Of the chosen link that ends here. */
  words?: string | undefined;
}

/** A node or a device: its mark has another shape in each state. */
function Spot(props: SpotProps) {
  const { mark, href, x, room, height, size, after = false, current, words } = props;
  const { of: { name, state }, y, named, lit } = mark;
  const textX = after ? x + 11 : x - 11;
  const beside = after && words !== undefined && room >= WORDS + NAME;
  const below = !after && words !== undefined;
  const anchor = after ? "start" : "end";
  return (
    <g data-state={state} data-named={named} data-lit={lit || undefined}>
      <a
        href={href}
        tabindex={-1}
        aria-label={`${name}, ${stateWord(mark.of)}`}
        aria-current={current || undefined}
      >
        <title>{name}</title>
        <rect
          class="map-hit"
          x={after ? x - 8 : x - room - 12}
          y={y - height / 2}
          width={room + 20}
          height={height}
        />
        <rect
          class="map-mark"
          x={x - size}
          y={y - size}
          width={2 * size}
          height={2 * size}
          rx={state === "lost" ? 0 : size}
        />
      </a>
      <text aria-hidden="true" x={textX} y={below ? y - 6 : y} text-anchor={anchor}>
        {fit(name, beside ? room - WORDS : room)}
      </text>
      {words !== undefined && (beside || below) && named && (
        <text
          aria-hidden="true"
          class="map-words"
          x={beside ? x + room + 11 : textX}
          y={beside ? y : y + 8}
          text-anchor="end"
        >
          {room < WORDS ? words.split(" · ")[0] : words}
        </text>
      )}
    </g>
  );
}

const STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };
const SIDES: Record<string, string> = { ArrowLeft: "nodes", ArrowRight: "devices" };

/** One spot is Tab's: where the focus is, else what is chosen, else the first. */
function placeStop(map: Element) {
  const spots = [...map.querySelectorAll("a")];
  const stop = spots.find((each) => each === document.activeElement) ??
    spots.find((each) => each.ariaCurrent) ?? spots[0];
  for (const each of spots) each.setAttribute("tabindex", each === stop ? "0" : "-1");
}

/** Arrows lead on within the map. */
function moveFocus(event: KeyboardEvent) {
  const svg = event.currentTarget as SVGElement;
  const side = (event.target as Element).closest("[data-side]");
  const spots = [...side?.querySelectorAll<SVGAElement>("a") ?? []];
  const here = spots.indexOf((event.target as Element).closest<SVGAElement>("[data-state] > a")!);
  const step = STEPS[event.key];
  const to = SIDES[event.key];
  const next = step !== undefined
    ? spots[here + step]
    : to && svg.querySelector<SVGAElement>(`[data-side=${to}] a`);
  if (!next) return;
  event.preventDefault();
  next.focus();
  placeStop(svg);
}
