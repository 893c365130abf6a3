// The grammar as a whole: one language of expressions, and an entry for each of the small languages; schedules are here.
// Invariant: parsing never fails; it gives a tree of what it understood and says what it did not.

import type { ParserMethod } from 'chevrotain'
import { RuleParser } from './rules.ts'
import { extentOf, from, last, word } from './nodes.ts'
import type { ClockNode, MinuteNode, NumberNode, ScheduleNode, When, WordNode } from './syntax.ts'
import {
  At,
  Clock,
  Comma,
  endOf,
  Hole,
  Hour,
  Keep,
  Minute,
  MinuteOfHour,
  Month,
  Name,
  On,
  Semicolon,
} from './tokens.ts'

interface Loop<Item> {
  readonly items: readonly Item[]
}

export class GrammarParser extends RuleParser {
  readonly schedule: ParserMethod<[], ScheduleNode>

  constructor() {
    super()

    const times = this.RULE(
      'times',
      (): Loop<ClockNode> => {
        const items: ClockNode[] = []
        this.CONSUME(At, { ERR_MSG: "'at' and a time such as 02:30" })
        this.AT_LEAST_ONE_SEP({
          SEP: Comma,
          DEF: () => {
            items.push(
              this.OR({
                DEF: [
                  { ALT: () => this.clockNode(this.CONSUME(Clock)) },
                  { ALT: () => this.holeNode(this.CONSUME(Hole)) },
                ],
                ERR_MSG: 'a time such as 02:30',
              }),
            )
          },
          ERR_MSG: 'a time such as 02:30',
        })
        return { items }
      },
      { resyncEnabled: false },
    )

    const when = this.RULE(
      'when',
      (): When =>
        this.OR({
          DEF: [
            {
              ALT: () => {
                const count = this.SUBRULE(this.number)
                const unit = this.CONSUME(Name, {
                  LABEL: 'minutes, hours, days, weeks',
                  ERR_MSG: "'minutes', 'hours' or 'days'",
                })
                return this.ACTION((): When => ({
                  kind: 'span',
                  count,
                  unit: word(unit),
                  start: count.start,
                  end: endOf(unit),
                }))
              },
            },
            {
              ALT: () => {
                const unit = this.CONSUME(Minute)
                return this.ACTION((): When => ({ kind: 'span', unit: word(unit), ...extentOf(unit) }))
              },
            },
            {
              ALT: () => {
                const minutes: MinuteNode[] = []
                const head = this.CONSUME(Hour)
                this.OPTION(() => {
                  this.CONSUME(At)
                  this.AT_LEAST_ONE_SEP({
                    SEP: Comma,
                    DEF: () => {
                      const minute = this.CONSUME(MinuteOfHour, { ERR_MSG: 'a minute such as :05' })
                      minutes.push(
                        this.ACTION((): MinuteNode => ({
                          kind: 'minute',
                          text: minute.image,
                          ...extentOf(minute),
                        })),
                      )
                    },
                    ERR_MSG: 'a minute such as :05',
                  })
                })
                return this.ACTION((): When => ({
                  kind: 'hour',
                  minutes,
                  ...from(head, minutes.at(-1) ?? extentOf(head)),
                }))
              },
            },
            {
              ALT: () => {
                const on: NumberNode[] = []
                const head = this.CONSUME(Month)
                this.CONSUME(On, { ERR_MSG: "'on' and a day of the month" })
                this.AT_LEAST_ONE_SEP2({
                  SEP: Comma,
                  DEF: () => {
                    on.push(this.SUBRULE2(this.number))
                  },
                  ERR_MSG: 'a day of the month',
                })
                const { items } = this.SUBRULE(times)
                return this.ACTION((): When => ({
                  kind: 'month',
                  on,
                  times: items,
                  ...from(head, last(items)),
                }))
              },
            },
            {
              ALT: () => {
                const days: WordNode[] = []
                this.AT_LEAST_ONE_SEP3({
                  SEP: Comma,
                  DEF: () => {
                    const day = this.CONSUME2(Name, {
                      LABEL: 'day, weekday, weekend, monday … sunday',
                      ERR_MSG: 'a day of the week',
                    })
                    days.push(this.ACTION(() => word(day)))
                  },
                  ERR_MSG: 'a day of the week',
                })
                const { items } = this.SUBRULE2(times)
                return this.ACTION((): When => ({
                  kind: 'days',
                  days,
                  times: items,
                  start: days[0]?.start ?? 0,
                  end: last(items).end,
                }))
              },
            },
          ],
          IGNORE_AMBIGUITIES: true,
          ERR_MSG: "a schedule such as 'day at 02:30'",
        }),
      { resyncEnabled: false },
    )

    this.schedule = this.RULE('schedule', (): ScheduleNode => {
      const due = this.SUBRULE(when)
      const keep = this.OPTION(() => {
        this.CONSUME(Keep)
        return this.SUBRULE(this.number)
      })
      return this.ACTION(() => ({
        kind: 'schedule',
        when: due,
        ...(keep ? { keep } : {}),
        start: due.start,
        end: keep?.end ?? due.end,
      }))
    })

    // The texts as wholes. Rules are read one by one, so that a mistake in one is none in the next; these are for drawing.
    this.RULE('placement', () => {
      this.AT_LEAST_ONE_SEP({
        SEP: Semicolon,
        DEF: () => {
          this.SUBRULE(this.placementRule)
        },
      })
    })
    this.RULE('scaling', () => {
      this.AT_LEAST_ONE_SEP({
        SEP: Semicolon,
        DEF: () => {
          this.SUBRULE(this.scalingRule, { ARGS: [true] })
        },
      })
    })

    this.performSelfAnalysis()
  }
}
