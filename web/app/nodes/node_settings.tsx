import { useState } from "preact/hooks";
import type { Store } from "../store.ts";
import { askSettings, changes, type Settings } from "./settings_request.ts";

/** What the person typed, by name: of numbers the text. */
type Draft = Record<string, string | boolean>;

interface Conversation {
  /** As the node last said. */
  settings: Settings | undefined;
  draft: Draft;
  setDraft: (draft: Draft) => void;
  busy: boolean;
  /** What came of the last question. */
  said: { text: string; bad: boolean } | undefined;
  /** Reads the settings, and changes some. */
  ask: (wishes: Settings) => Promise<void>;
}

function useConversation(node: string): Conversation {
  const [settings, setSettings] = useState<Settings>();
  const [draft, setDraft] = useState<Draft>({});
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<Conversation["said"]>();
  const ask = async (wishes: Settings) => {
    setBusy(true);
    setSaid(undefined);
    try {
      const answer = await askSettings(node, wishes);
      setSettings(answer.settings);
      if (answer.ok) setDraft({});
      if (!answer.ok) setSaid({ text: `Refused: ${answer.reason}`, bad: true });
      else if (Object.keys(wishes).length > 0) setSaid({ text: "Changed.", bad: false });
    } catch (error) {
      setSaid({ text: (error as Error).message, bad: true });
    }
    setBusy(false);
  };
  return { settings, draft, setDraft, busy, said, ask };
}

/** Why settings can be neither read nor changed now. */
function obstacle({ connection: { value } }: Store): string | undefined {
  if (value.state !== "connected") return "Not connected to the gateway.";
  return value.role === "admin" ? undefined : "Only an admin's link shows and changes settings.";
}

/** Settings of one of our own nodes; read when they are opened, which only admins can. */
export function NodeSettings({ store, node }: { store: Store; node: string }) {
  const conversation = useConversation(node);
  const { settings, busy, ask } = conversation;
  const blocked = obstacle(store);
  const opened = (event: Event) => {
    const { open } = event.currentTarget as HTMLDetailsElement;
    if (open && !settings && !busy && blocked === undefined) ask({});
  };
  return (
    <details class="node-settings" onToggle={opened}>
      <summary>Settings</summary>
      {blocked && <p class="muted" id="settings-blocked">{blocked}</p>}
      <SettingsForm node={node} conversation={conversation} blocked={blocked !== undefined} />
    </details>
  );
}

interface FormProps {
  node: string;
  conversation: Conversation;
  blocked: boolean;
}

function SettingsForm({ node, conversation, blocked }: FormProps) {
  const { settings, draft, setDraft, busy, said, ask } = conversation;
  const wishes = changes(settings ?? {}, draft);
  const idle = settings !== undefined && Object.keys(wishes).length === 0;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!busy) ask(wishes);
  };
  return (
    <form onSubmit={submit}>
      <fieldset
        disabled={blocked}
        aria-label={`Settings of ${node}`}
        aria-describedby={blocked ? "settings-blocked" : undefined}
      >
        {Object.entries(settings ?? {}).map(([name, value]) => (
          <Setting
            key={name}
            name={name}
            value={value}
            draft={draft[name]}
            onDraft={(value) => setDraft({ ...draft, [name]: value })}
          />
        ))}
        <button type="submit" class="small" aria-busy={busy} disabled={idle}>
          {settings ? "Change" : "Read settings"}
        </button>{" "}
        <span role="status" class={said?.bad ? "warn" : "muted"}>
          {busy ? "Waiting for the node…" : said?.text}
        </span>
      </fieldset>
    </form>
  );
}

interface SettingProps {
  name: string;
  value: unknown;
  draft: string | boolean | undefined;
  onDraft: (value: string | boolean) => void;
}

interface Known {
  label: string;
  help: string;
  min?: number;
  max?: number;
}

/** Settings that nodes of ours have; others are called what the node calls them. */
const KNOWN: Record<string, Known> = {
  scan: { label: "Scan", help: "listen for advertisements" },
  channel: { label: "Channel", help: "IEEE 802.15.4 channel, 11 to 26", min: 11, max: 26 },
};

/** A switch, a number or a text; what is none of these is only shown. */
function Setting({ name, value, draft, onDraft }: SettingProps) {
  const { label, help, ...range }: Known = KNOWN[name] ?? { label: name, help: "" };
  return (
    <label class="node-setting">
      <span>
        {label} <span class="below">{help}</span>
      </span>
      <Field value={value} draft={draft} range={range} onDraft={onDraft} />
    </label>
  );
}

type FieldProps = Omit<SettingProps, "name"> & { range: { min?: number; max?: number } };

function Field({ value, draft, range, onDraft }: FieldProps) {
  if (typeof value === "boolean") {
    return (
      <input
        type="checkbox"
        role="switch"
        checked={(draft ?? value) as boolean}
        onChange={(event) => onDraft(event.currentTarget.checked)}
      />
    );
  }
  const field = {
    autocomplete: "off",
    value: String(draft ?? value),
    onInput: (event: InputEvent) => onDraft((event.currentTarget as HTMLInputElement).value),
  };
  if (typeof value === "string") return <input {...field} type="text" list={undefined} />;
  if (typeof value !== "number") return <code>{JSON.stringify(value)}</code>;
  return (
    <input
      {...field}
      {...range}
      type="number"
      required
      step={range.min === undefined ? "any" : 1}
    />
  );
}
