import type { ChannelModel } from "../channel_model.ts";

/** Members that are named before the rest is a number. */
const NAMED = 6;

/** Who else looks at a channel now. */
export function Watchers({ model }: { model: ChannelModel | undefined }) {
  const count = model?.members.value;
  if (!model || !count) return <ul class="watchers" />;
  const people = model.people.value;
  const others = people.filter(({ member }) => !model.isMine(member));
  const named = others.slice(0, NAMED);
  const mine = people.length - others.length;
  const rest = count - mine - named.length;
  return (
    <ul class="watchers" aria-label={`${count} watching`}>
      {mine > 0 && <li class="watcher" data-mine>you</li>}
      {named.map(({ member, role }) => (
        <li key={member} class="watcher">
          {role} <span class="mono">{member}</span>
        </li>
      ))}
      {rest > 0 && <li class="watcher">{rest} {people.length > 0 ? "more" : "watching"}</li>}
    </ul>
  );
}
