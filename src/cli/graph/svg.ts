// A picture of a stack's graph: Graphviz, compiled to WebAssembly, draws the DOT. It is loaded when a picture is asked
// for, because it is a megabyte.

import { z } from 'zod'
import { assert } from '../../model/index.ts'
import { renderDot } from './dot.ts'
import type { StackGraph } from './graph.ts'

/** The SVG document. */
export async function renderSvg(graph: StackGraph): Promise<string> {
  const { instance } = await import('@viz-js/viz')
  const viz = await instance()
  const result = viz.renderFormats(renderDot(graph), ['svg', 'json'])
  assert(
    result.status === 'success',
    () => `Graphviz does not take our DOT: ${JSON.stringify(result.errors)}`,
  )
  const svg = centred(result.output['svg'] ?? '', layout.parse(JSON.parse(result.output['json'] ?? '')))
  return overLines(svg)
}

const layout = z.looseObject({
  objects: z.array(z.looseObject({ name: z.string(), pos: z.string().optional() })).optional(),
})

/**
 * Graphviz lets the lines of a label begin where they are centred in the fonts it knows; another font would stand
 * askew. Here they are centred on the node, whatever the font.
 */
function centred(svg: string, { objects = [] }: z.infer<typeof layout>): string {
  const middles = objects.map(({ pos = '' }) => pos.split(',')[0] ?? '')
  return svg
    .replaceAll('font-family="Arial"', 'font-family="Helvetica,Arial,sans-serif"')
    .replaceAll(/<g id="node(\d+)" class="node">[^]*?<\/g>/g, (group, number: string) => {
      const middle = middles[Number(number) - 1] ?? ''
      return group.replaceAll(/text-anchor="start" x="[-\d.]+"/g, `text-anchor="middle" x="${middle}"`)
    })
    .trimEnd()
}

/** Words on edges go over all lines, with a rim that keeps the lines off them: Graphviz lets other edges cross a label. */
function overLines(svg: string): string {
  const words: string[] = []
  const lines = svg.replaceAll(/<g id="edge\d+" class="edge">[^]*?<\/g>/g, (group) =>
    group.replaceAll(/<text [^>]*>[^<]*<\/text>\n?/g, (text) => {
      words.push(text.trimEnd())
      return ''
    }),
  )
  if (words.length === 0) return svg
  const rim = 'stroke="white" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
  return lines.replace(/<\/g>\n<\/svg>$/, `<g class="words" ${rim}>\n${words.join('\n')}\n</g>\n</g>\n</svg>`)
}
