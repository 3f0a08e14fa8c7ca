import { useState } from "preact/hooks";

interface CopyButtonProps {
  text: string;
  /** What is copied, where several can be. */
  title?: string;
  class?: string;
}

/** Copies a text; not there where the browser lets no page do so. */
export function CopyButton({ text, title, class: name }: CopyButtonProps) {
  const [copied, setCopied] = useState("");
  if (!navigator.clipboard) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(text);
  };
  return (
    <button type="button" class={name} aria-label={title && `Copy: ${title}`} onClick={copy}>
      {copied === text ? "Copied" : "Copy"}
    </button>
  );
}
