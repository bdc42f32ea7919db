/** System fonts and colours of the reader's choice; nothing is loaded. */
export const docsStyle = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b6b57; }
@media (prefers-color-scheme: dark) { :root { --accent: #5fd0b5; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.8rem; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2.2rem 0 .4rem; }
h4 { font-size: .85rem; margin: 1.2rem 0 .3rem; text-transform: uppercase; letter-spacing: .05em; opacity: .75; }
p { margin: .4rem 0; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; }
code { background: var(--soft); padding: .1em .3em; border-radius: .25em; overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem 1rem; border-radius: .4rem; overflow-x: auto; }
pre code { background: none; padding: 0; overflow-wrap: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
nav ul { list-style: none; padding: 0; margin: .3rem 0 1rem; }
nav li { padding: .1rem 0; }
.method { display: inline-block; min-width: 3.2rem; font-weight: 700; color: var(--accent); font-family: ui-monospace, monospace; font-size: .85em; }
.needed { font-size: .8em; opacity: .7; }
summary { cursor: pointer; }
`
