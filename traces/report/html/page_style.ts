/**
 * The look of the HTML report.
 *
 * @module
 */

/** Height of a row of the table, CSS pixels; the page's script counts with it. */
export const ROW_HEIGHT = 22;

export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --back: light-dark(#ffffff, #16181c);
  --text: light-dark(#1a1c20, #e4e6ea);
  --faint: light-dark(#5c6370, #9aa2ae);
  --line: light-dark(#d9dce1, #33373e);
  --head: light-dark(#f2f3f5, #1f2228);
  --chosen: light-dark(#cfe3ff, #1d3f66);
  --mark: light-dark(#ffe08a, #7a5c00);
  --error: light-dark(#b3261e, #ff8a80);
  --warning: light-dark(#8a5a00, #ffcc66);
}
* { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
body {
  display: grid;
  grid-template-rows: auto minmax(8rem, 3fr) minmax(8rem, 2fr);
  background: var(--back);
  color: var(--text);
  font: 14px/1.4 system-ui, sans-serif;
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: .5rem 1rem;
  align-items: center;
  padding: .5rem .75rem;
  background: var(--head);
  border-bottom: 1px solid var(--line);
}
h1 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
#filter {
  flex: 1 1 16rem;
  min-width: 8rem;
  padding: .3rem .5rem;
  font: inherit;
  color: inherit;
  background: var(--back);
  border: 1px solid var(--line);
  border-radius: 4px;
}
#status { color: var(--faint); }
#table { overflow: auto; position: relative; font: 13px/${ROW_HEIGHT}px ui-monospace, monospace; }
#table:focus-visible, #tree:focus-visible { outline: 2px solid Highlight; outline-offset: -2px; }
.row {
  display: grid;
  grid-template-columns: 5rem 9rem 14rem 14rem 7rem 4.5rem minmax(20rem, 1fr);
  height: ${ROW_HEIGHT}px;
  min-width: 74rem;
}
.row > span { padding: 0 .5rem; overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.row > span:nth-child(1), .row > span:nth-child(2), .row > span:nth-child(6) { text-align: right; }
#names {
  position: sticky;
  top: 0;
  z-index: 1;
  background: var(--head);
  border-bottom: 1px solid var(--line);
  font-weight: 600;
}
#rows { position: relative; }
#rows .row { position: absolute; left: 0; right: 0; cursor: default; }
#rows .row.error { color: var(--error); }
#rows .row.warning { color: var(--warning); }
#rows .row[aria-selected=true] { background: var(--chosen); color: var(--text); }
#details {
  display: grid;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  border-top: 1px solid var(--line);
  min-height: 0;
  font: 13px/1.5 ui-monospace, monospace;
}
#tree, #bytes { overflow: auto; padding: .5rem; }
#bytes { border-left: 1px solid var(--line); }
#tree div { white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 3px; cursor: default; }
#tree .layer { font-weight: 600; cursor: pointer; }
#tree .layer::before { content: "▸ "; color: var(--faint); }
#tree .layer[aria-expanded=true]::before { content: "▾ "; }
#tree .name { color: var(--faint); margin-left: 1ch; }
#tree .error { color: var(--error); }
#tree .warning { color: var(--warning); }
#tree .chosen { background: var(--chosen); }
#bytes h2 { font-size: 13px; margin: .5rem 0 .25rem; }
#bytes h2:first-child { margin-top: 0; }
#bytes .line { white-space: pre; }
#bytes .at { color: var(--faint); }
#bytes .marked { background: var(--mark); }
@media (max-width: 50rem) {
  body { grid-template-rows: auto minmax(8rem, 1fr) minmax(8rem, 1fr); }
  .row { grid-template-columns: 4rem 6rem minmax(20rem, 1fr) 9rem 9rem; min-width: 48rem; }
  .row > span:nth-child(2), .row > span:nth-child(6) { display: none; }
  .row > span:nth-child(5) { order: 1; }
  .row > span:nth-child(7) { order: 2; }
  .row > span:nth-child(3), .row > span:nth-child(4) { order: 3; }
  #details { grid-template-columns: none; grid-template-rows: minmax(0, 1fr) minmax(0, 1fr); }
  #bytes { border-left: 0; border-top: 1px solid var(--line); }
}
`;
