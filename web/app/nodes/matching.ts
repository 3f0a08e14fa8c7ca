import type { DeviceInfo, NodeInfo } from "../../../gateway/nodes/answers.ts";

/** Whether all words of a search are in some of the texts. */
function has(search: string, texts: (string | undefined)[]): boolean {
  const all = texts.join("\n").toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}

/** Nodes with these words in name, dialect, version, radios or state. */
export function matchingNodes(nodes: NodeInfo[], search: string): NodeInfo[] {
  return nodes.filter(({ name, dialect, version, radios = [], state }) =>
    has(search, [name, dialect, version, ...radios, state])
  );
}

/** Devices with these words in name, address, formats, model, state, or the nodes that hear them. */
export function matchingDevices(devices: DeviceInfo[], search: string): DeviceInfo[] {
  return devices.filter(({ name, address, model, localName, formats, state, receivers }) => {
    const nodes = receivers.map(({ node }) => node);
    return has(search, [name, address, model, localName, state, ...formats, ...nodes]);
  });
}
