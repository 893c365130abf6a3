// A stack's graph as a Mermaid flowchart, which GitHub and GitLab draw in Markdown. Invariant: no text of a program ends
// a label or becomes markup: what means something to Mermaid is written as an entity.
// https://mermaid.js.org/syntax/flowchart.html

import type { EdgeKind, GraphNode, NodeKind, StackGraph } from './graph.ts'

const shapes: Readonly<Record<NodeKind, readonly [open: string, close: string]>> = {
  ingress: ['>', ']'],
  service: ['[', ']'],
  job: ['([', '])'],
  cron: ['([', '])'],
  volume: ['[(', ')]'],
  secret: ['{{', '}}'],
  config: ['[/', '/]'],
  output: ['>', ']'],
  stack: ['[[', ']]'],
}

const arrows: Readonly<Record<EdgeKind, string>> = {
  refers: '-->',
  mounts: '---',
  uses: '---',
  waits: '-.->',
  may: '-.->',
  near: '-.-',
}

const styles: Readonly<Record<NodeKind, string>> = {
  ingress: 'fill:#e8f0fe,stroke:#3b6fd4,color:#1b2a41',
  service: 'fill:#eaf6ee,stroke:#2f8f5b,color:#12301f',
  job: 'fill:#f6f0fb,stroke:#7d52b3,color:#2c1a42',
  cron: 'fill:#f6f0fb,stroke:#7d52b3,color:#2c1a42',
  volume: 'fill:#fdf3e3,stroke:#b9770e,color:#3d2a06',
  secret: 'fill:#fdecec,stroke:#c0392b,color:#4a1410',
  config: 'fill:#f1f3f5,stroke:#6b7785,color:#22282f',
  output: 'fill:#e8f0fe,stroke:#3b6fd4,color:#1b2a41',
  stack: 'fill:#ffffff,stroke:#6b7785,color:#22282f,stroke-dasharray:4 3',
}

export function renderMermaid({ stack, nodes, edges }: StackGraph): string {
  const ids = new Map(nodes.map((node, index) => [node.id, `n${index}`]))
  const used = [...new Set(nodes.map((node) => node.kind))]
  return [
    '---',
    `title: ${JSON.stringify(stack)}`,
    '---',
    'flowchart LR',
    ...nodes.map((node) => `  ${ids.get(node.id) ?? ''}${boxOf(node)}:::${node.kind}`),
    ...edges.flatMap(({ from, to, kind, labels }) => {
      const ends = [ids.get(from), ids.get(to)] as const
      if (ends[0] === undefined || ends[1] === undefined) return []
      const words = kind === 'may' ? ['may reach', ...labels] : labels
      const label = words.length === 0 ? '' : `|"${words.map(escapeMermaid).join('<br/>')}"|`
      return [`  ${ends[0]} ${arrows[kind]}${label} ${ends[1]}`]
    }),
    ...used.map((kind) => `  classDef ${kind} ${styles[kind]}`),
  ].join('\n')
}

function boxOf({ kind, name, details }: GraphNode): string {
  const [open, close] = shapes[kind]
  const head = `<small>${kind}</small><br/><b>${escapeMermaid(name)}</b>`
  return `${open}"${[head, ...details.map(escapeMermaid)].join('<br/>')}"${close}`
}

/** Everything but letters, digits and what is harmless becomes an entity, `#59;` for `;`. */
function escapeMermaid(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} ./:_,()-]/gu, (character) => `#${character.codePointAt(0) ?? 32};`)
}
