// What the words of the small languages mean, for hover and completion. Invariant: every keyword of the lexer is here.

import type { Language } from './syntax.ts'

/** A sentence without its full stop; what a word means in one language is told there. */
export const keywordDetails: Readonly<Record<string, string>> = {
  require: 'nodes on which the condition does not hold run no task',
  prefer: 'nodes on which the condition holds are preferred; weight 1 to 100, 50 unless given',
  spread: 'tasks are spread over the values of an attribute; weight 1 to 100, 50 unless given',
  near: 'on nodes that run a task of another service or job; with a weight as a wish',
  avoid: 'not on nodes that run a task of another service or job; with a weight as a wish',
  max: 'the most tasks on one node: max 2 per node',
  per: 'max 2 per node',
  node: 'max 2 per node',
  tolerate: 'a taint of nodes that does not keep tasks away',
  weight: 'how much it counts, 1 to 100',
  for: 'how long the condition has to hold before it counts',
  not: 'not in: is none of a list',
  in: 'is one of a list: in ("a", "b")',
  minute: 'every minute',
  hour: 'every hour; hour at :05 is five minutes past',
  month: 'every month: month on 1 at 04:00',
  at: 'times of day: at 02:30, 14:30',
  on: 'days of the month: on 1, 15',
  keep: 'how many backups are kept',
}

export const signDetails: Readonly<Record<string, string>> = {
  '==': 'is',
  '!=': 'is not',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
  '=>': 'the step that is taken then',
  '&&': 'and',
  '||': 'or',
  '/': 'divided by what one task can take: so many tasks there are',
}

export const dayDetails: Readonly<Record<string, string>> = {
  day: 'every day',
  weekday: 'monday to friday',
  weekend: 'saturday and sunday',
  monday: 'every monday',
  tuesday: 'every tuesday',
  wednesday: 'every wednesday',
  thursday: 'every thursday',
  friday: 'every friday',
  saturday: 'every saturday',
  sunday: 'every sunday',
}

export const unitDetails: Readonly<Record<string, string>> = {
  minutes: 'from one time to the next',
  hours: 'from one time to the next',
  days: 'from one time to the next, at whatever time of day it began',
  weeks: 'from one time to the next, on whatever day it began',
}

/** What a language is for, where nothing more is known. */
export const languageDetails: Readonly<Record<Language, string>> = {
  place: 'Which nodes may and should run a task; rules are joined by ;',
  scale: 'How many tasks there are, by load; rules are joined by ;',
  every: 'When something is due, to the minute',
  gate: 'What has to hold before a rollout goes on',
  where: 'What is shown',
}
