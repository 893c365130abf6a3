// A stack's graph in DOT, the language of Graphviz. Invariant: no text of a program ends a label or becomes markup.
// https://graphviz.org/doc/info/lang.html and /shapes.html#html

import type { EdgeKind, GraphEdge, GraphNode, NodeKind, StackGraph } from './graph.ts'

interface NodeStyle {
  readonly shape: string
  readonly style: string
  readonly fill: string
  readonly line: string
}

const nodeStyles: Readonly<Record<NodeKind, NodeStyle>> = {
  ingress: { shape: 'box', style: 'filled,bold', fill: '#e8f0fe', line: '#3b6fd4' },
  service: { shape: 'box', style: 'rounded,filled', fill: '#eaf6ee', line: '#2f8f5b' },
  job: { shape: 'box', style: 'rounded,filled', fill: '#f6f0fb', line: '#7d52b3' },
  cron: { shape: 'box', style: 'rounded,filled', fill: '#f6f0fb', line: '#7d52b3' },
  volume: { shape: 'cylinder', style: 'filled', fill: '#fdf3e3', line: '#b9770e' },
  secret: { shape: 'octagon', style: 'filled', fill: '#fdecec', line: '#c0392b' },
  config: { shape: 'note', style: 'filled', fill: '#f1f3f5', line: '#6b7785' },
  output: { shape: 'cds', style: 'filled', fill: '#e8f0fe', line: '#3b6fd4' },
  stack: { shape: 'box', style: 'rounded,dashed', fill: '#ffffff', line: '#6b7785' },
}

const edgeStyles: Readonly<Record<EdgeKind, string>> = {
  refers: 'color="#37424f"',
  mounts: 'color="#b9770e" arrowhead=none',
  uses: 'color="#9aa4af" arrowhead=none',
  waits: 'color="#7d52b3" style=dashed',
  may: 'color="#37424f" style=dotted',
  near: 'color="#6b7785" style=dotted arrowhead=none',
}

export function renderDot({ stack, nodes, edges }: StackGraph): string {
  const known = new Set(nodes.map((node) => node.id))
  return [
    `digraph ${idOf(stack)} {`,
    '  graph [rankdir=LR nodesep=0.35 ranksep=0.9 pad=0.3 fontname="Arial" fontsize=16',
    `         labelloc=t labeljust=l label=<<b>${escapeHtml(stack)}</b>> bgcolor="white"]`,
    '  node [fontname="Arial" fontsize=11 margin="0.3,0.1" penwidth=1.2 fontcolor="#1f2730"]',
    '  edge [fontname="Arial" fontsize=9 penwidth=1.1 arrowsize=0.7 fontcolor="#55606c"]',
    ...nodes.map((node) => `  ${idOf(node.id)} ${nodeOf(node)}`),
    ...edges.filter(({ from, to }) => known.has(from) && known.has(to)).map((edge) => `  ${edgeOf(edge)}`),
    '}',
  ].join('\n')
}

function nodeOf({ kind, name, details }: GraphNode): string {
  const { shape, style, fill, line } = nodeStyles[kind]
  const lines = [
    `<font point-size="8" color="${line}">${kind.toUpperCase()}</font>`,
    `<b>${escapeHtml(name)}</b>`,
    ...details.map((detail) => `<font point-size="9" color="#55606c">${escapeHtml(detail)}</font>`),
  ]
  return `[shape=${shape} style="${style}" fillcolor="${fill}" color="${line}" label=<${lines.join('<br/>')}>]`
}

function edgeOf({ from, to, kind, labels }: GraphEdge): string {
  const words = kind === 'may' ? ['may reach', ...labels] : labels
  // The blanks keep the text off the lines.
  const label = words.length === 0 ? '' : ` label=${quoted(words.map((word) => `  ${word}  `).join('\n'))}`
  return `${idOf(from)} -> ${idOf(to)} [${edgeStyles[kind]}${label}]`
}

/** In an identifier only a quote can be escaped. */
function idOf(text: string): string {
  return `"${withoutControls(text).replaceAll('\\', '\uFFFD').replaceAll('"', '\\"')}"`
}

/** A line end is the only escape that is meant: `\\N` and the like would be replaced by Graphviz. */
function quoted(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => withoutControls(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
  return `"${lines.join('\\n')}"`
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return withoutControls(text).replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
}

function withoutControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\uFFFD')
}
