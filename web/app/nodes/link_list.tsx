import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { linkWords } from "./link_words.ts";

/** One link of the map. */
export interface LinkItem {
  /** Of its other end. */
  name: string;
  /** Where the name leads to. */
  href?: string;
  receiver: ReceiverInfo;
}

/** Links of the map in words. */
export function LinkList({ links }: { links: LinkItem[] }) {
  return (
    <ul class="link-list">
      {links.map(({ name, href, receiver }) => (
        <li key={name}>
          {href ? <a href={href}>{name}</a> : <span>{name}</span>}
          <span class="right">{linkWords(receiver)}</span>
        </li>
      ))}
    </ul>
  );
}
