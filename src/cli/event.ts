// Lines of the event streams that `--json` gives: one JSON object each.

/** One line of the event stream of `--json`. */
export function event(type: string, fields: object): string {
  return JSON.stringify({ format_version: 1, type, ...fields })
}
