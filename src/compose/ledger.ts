// The loss report: what became of every key of the file. Invariant: each map key of the tree stands in it exactly once,
// with the worst of what its rule says and what was found out while translating; what no rule knows is refused.

import type { Rule, Verdict } from './rule.ts'
import type { Entry, Node, Place } from './tree.ts'
import { findRule, patternBelow } from './vocabulary.ts'

export interface Remark {
  readonly verdict: Verdict
  readonly file: string
  readonly line: number
  /** One sentence without a full stop. */
  readonly why: string
  readonly instead?: string
}

export interface ReportEntry {
  /** `services.web.ports[0].target`. */
  readonly key: string
  readonly file: string
  /** Of the key; that of the value it was merged from, where it was. */
  readonly line: number
  readonly verdict: Verdict
  /** The worst first. Never empty. */
  readonly remarks: readonly Remark[]
  /** It shares the fate of the key above it, and there is nothing to say of it alone. */
  readonly isWithin: boolean
}

const rank: Readonly<Record<Verdict, number>> = { mapped: 0, changed: 1, refused: 2 }

export class Ledger {
  readonly #found = new Map<string, Remark[]>()
  readonly #harmless = new Set<string>()
  /** By the path of the node that was refused as a whole. */
  readonly #deep = new Map<string, Remark[]>()

  /** It is mapped, and there is something to know. */
  note(node: Where, why: string, instead?: string): void {
    this.#add(node, 'mapped', why, instead)
  }

  changed(node: Where, why: string, instead?: string): void {
    this.#add(node, 'changed', why, instead)
  }

  /** With every key below it. */
  refused(node: Where, why: string, instead?: string): void {
    const remark = this.#add(node, 'refused', why, instead)
    this.#deep.set(node.path, [...(this.#deep.get(node.path) ?? []), remark])
  }

  /** Of what it means as a whole something is lost; the keys below it keep what their rules say. */
  lost(node: Where, why: string, instead?: string): void {
    this.#add(node, 'refused', why, instead)
  }

  /** Another key says it: it and every key below it are without effect. */
  overruled(node: Where, why: string): void {
    const remark = this.#add(node, 'changed', why)
    this.#deep.set(node.path, [...(this.#deep.get(node.path) ?? []), remark])
  }

  /** What its rule says does not hold of this value: it asks for nothing that would be missing. */
  harmless(node: Where, why: string): void {
    this.#harmless.add(node.path)
    this.#add(node, 'mapped', why)
  }

  #add(node: Where, verdict: Verdict, why: string, instead?: string): Remark {
    const owner = node.owner ?? node.path
    const remark: Remark = {
      verdict,
      file: node.place.file,
      line: node.place.line,
      why,
      ...(instead === undefined ? {} : { instead }),
    }
    const before = this.#found.get(owner)
    if (!before) this.#found.set(owner, [remark])
    else if (!before.some((each) => each.why === why && each.line === remark.line)) before.push(remark)
    return remark
  }

  /** The report of all keys of a tree, in the order of the tree. */
  report(root: Node): ReportEntry[] {
    const entries: ReportEntry[] = []
    const visit = (node: Node, pattern: string, open: Rule | undefined, above: readonly Remark[]): void => {
      const fate = [...above, ...(this.#deep.get(node.path) ?? [])]
      if (node.kind === 'list')
        for (const item of node.items) visit(item, open ? pattern : `${pattern}.[]`, open, fate)
      if (node.kind !== 'map') return
      for (const entry of node.entries) {
        const at = open ? pattern : patternBelow(pattern, entry.key)
        const rule = this.#gentle(open ?? ruleOf(pattern, at, entry.key), entry)
        entries.push(this.#entry(entry, rule, open !== undefined, fate))
        visit(entry.value, at, rule.isOpen ? rule : undefined, fate)
      }
    }
    visit(root, '', undefined, [])
    return entries
  }

  #gentle(rule: Rule, { value, path }: Entry): Rule {
    if (rule.verdict === 'mapped' || rule.isUnknown) return rule
    if (this.#harmless.has(path)) return { ...rule, verdict: 'mapped' }
    if (isNothing(value)) return { ...rule, verdict: 'mapped', why: 'it is empty' }
    if (value.kind !== 'scalar' || !rule.harmless?.includes(value.value)) return rule
    return { ...rule, verdict: 'mapped', why: 'with this value it asks for nothing' }
  }

  #entry(entry: Entry, rule: Rule, isWithin: boolean, above: readonly Remark[]): ReportEntry {
    const { file, line } = entry.place
    const own = this.#found.get(entry.path) ?? []
    const fromRule: Remark = {
      verdict: rule.verdict,
      file,
      line,
      why: rule.why,
      ...(rule.instead === undefined ? {} : { instead: rule.instead }),
    }
    const found = [...own, ...above]
    // What the rule says in general is left out where something was found out that is as bad, or worse.
    const isSaid = found.some((each) => rank[each.verdict] >= rank[rule.verdict])
    const all = isSaid ? found : [...found, fromRule]
    const remarks = all
      .sort((a, b) => rank[b.verdict] - rank[a.verdict])
      .map(({ verdict, file: inFile, line: onLine, why, instead }): Remark => ({
        verdict,
        file: inFile,
        line: onLine,
        why,
        ...(instead === undefined ? {} : { instead }),
      }))
    const [first = fromRule] = remarks
    return {
      key: entry.path,
      file,
      line,
      verdict: first.verdict,
      remarks,
      isWithin: own.length === 0 && (isWithin || above.length > 0),
    }
  }
}

/** Where a remark belongs: a node, or the entry of a key (which is its own owner). */
export interface Where {
  readonly path: string
  readonly place: Place
  readonly owner?: string
}

function isNothing(node: Node): boolean {
  switch (node.kind) {
    case 'scalar':
      return node.value === null
    case 'list':
      return node.items.length === 0
    case 'map':
      return node.entries.length === 0
  }
}

function ruleOf(parent: string, pattern: string, key: string): Rule {
  const found = findRule(parent, pattern)
  if (found.kind === 'rule') return found.rule
  return {
    verdict: 'refused',
    why:
      found.guess === undefined
        ? `Compose has no key '${key}' here`
        : `Compose has no key '${key}' here; did you mean '${found.guess}'?`,
    isUnknown: true,
    isOpen: true,
  }
}
