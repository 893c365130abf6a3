// The small languages: place, scale, every and gate.

import type { CodeEntry } from './entry.ts'

export const languageCodes = {
  GT3101: {
    title: 'a character that means nothing',
    text: 'The small languages are written in names, texts in quotes, numbers with their units, and signs such as ==, &&, => and ;. Comments are not part of them.',
    wrong: 'place`require node.os # "linux"`',
    right: 'place`require node.os == "linux"`',
  },
  GT3102: {
    title: 'something else was expected',
    text: 'A placement and a scaling policy are lists of rules, separated by ";"; a gate is one condition. A condition compares an attribute or a measurement with a value. The message says what may stand at the marked place.',
    wrong: 'place`require node.labels.disk = ssd`',
    right: 'place`require node.labels.disk == "ssd"`',
  },
  GT3103: {
    title: 'an unknown name',
    text: 'There is no such rule, attribute, measurement, unit or day. Hover over place, scale, every and gate in an editor for those that there are.',
    wrong: 'scale({ min: 1, max: 9 })`cpuu > 70% => +1`',
    right: 'scale({ min: 1, max: 9 })`cpu > 70% => +1`',
  },
  GT3105: {
    title: 'a text that is not closed, or an escape that does not exist',
    text: 'A text begins and ends with the same mark, " or \', on one line. In it a backslash stands before ", \', `, $, { and itself, and makes \\n a new line and \\t a tab.',
    wrong: 'place`require node.os == "linux`',
    right: 'place`require node.os == "linux"`',
  },
  GT3106: {
    title: 'a text that is too long or nested too deep',
    text: 'Conditions go at most 8 deep, by parentheses, "!", "&&" and "||" within one another; a text has at most 10000 characters.',
  },
  GT3107: {
    title: 'a hole with something that does not fit',
    text: 'near and avoid take a service or a job. Where a text stands, a hole takes a string or a number; where a number stands, a number, or a string with its unit.',
    wrong: "place`avoid ${'db'}`",
    right: 'place`avoid ${db}`',
  },
  GT3201: {
    title: 'a value of the wrong kind or without its unit',
    text: 'Every attribute and measurement has a type: cpu, memory and errors are shares (70%), p50, p95 and p99 times (300ms), requests, queue and metric plain numbers, node.memory a size (4Gi), node.cpu cores (4, 250m).',
    wrong: 'gate`p99 < 300`',
    right: 'gate`p99 < 300ms`',
  },
  GT3202: {
    title: 'something that cannot be done with an attribute',
    text: 'Texts are equal or not, or one of a list: they have no order. Numbers have one, and are in no list. What is divided by what one task can take is work that the tasks share: queue, requests or metric.',
    wrong: 'place`require node.zone > "a"`',
    right: 'place`require node.zone in ("b", "c")`',
  },
  GT3203: {
    title: 'a condition that can never hold',
    text: 'No value fits all of it: two comparisons of one attribute leave none over, or the attribute never has such a value. Mostly "||" was meant, or in ("a", "b").',
    wrong: 'place`require node.zone == "a" && node.zone == "b"`',
    right: 'place`require node.zone in ("a", "b")`',
  },
  GT3204: {
    title: 'a number out of its range in a small language',
    text: 'The message says from where to where it may go.',
    wrong: 'place`spread zone weight 500`',
    right: 'place`spread zone weight 100`',
  },
  GT3205: {
    title: 'something that is said twice',
    text: 'The second time it either changes nothing or contradicts the first.',
    wrong: 'place`max 1 per node; max 2 per node`',
    right: 'place`max 2 per node`',
  },
  GT3206: {
    title: 'a time that does not exist',
    text: 'Times of day are written with two digits each, from 00:00 to 23:59; minutes of an hour from :00 to :59.',
    wrong: 'every`day at 24:00`',
    right: 'every`day at 00:00`',
  },
  GT3207: {
    title: 'fields of cron in the wrong form',
    text: 'Five fields: minute (0 to 59), hour (0 to 23), day of the month (1 to 31), month (1 to 12, or jan to dec), day of the week (0 to 7, or sun to sat). Each is *, a number, a range 1-5, either with a step such as */15, or a list of these.',
    wrong: "every('30 25 * * *')",
    right: "every('30 23 * * *')",
  },
  GT3208: {
    title: 'a schedule that is never due',
    text: 'Each field is right, but none of the months has such a day.',
    wrong: "every('0 0 30 2 *')",
    right: "every('0 0 28 2 *')",
  },
  GT3209: {
    title: 'bounds of a scaling policy that leave nothing between',
    text: 'min is at most max. An entry of the schedule that gives one of the two has the other from the policy.',
    wrong: 'scale({ min: 5, max: 2 })`cpu > 70% => +1`',
    right: 'scale({ min: 2, max: 5 })`cpu > 70% => +1`',
  },
  GT3210: {
    title: 'a comparison of two values, or of two attributes',
    text: 'A comparison is about one attribute or measurement and one value.',
    wrong: 'gate`p99 < p50`',
    right: 'gate`p99 < 300ms`',
  },
  GT3211: {
    title: 'a schedule that does not fit its place',
    text: 'An entry of the schedule of scale() begins at a time of day or month. "keep" belongs to backups.',
    wrong: 'schedule: [{ at: every`15 minutes`, min: 4 }]',
    right: 'schedule: [{ at: every`weekday at 08:00`, min: 4 }]',
  },
  GT3212: {
    title: 'a scaling policy that never leaves nothing',
    text: 'cpu, memory and requests are measured where tasks run. While there are none, nothing is measured and no rule holds, so a service that went to 0 would stay there. Let min be 1, raise it by the schedule, or measure what is there without tasks: queue("…") or metric("…").',
    wrong: 'scale({ min: 0, max: 4 })`cpu > 70% => +1`',
    right: 'scale({ min: 0, max: 4 })`queue("mail") / 10`',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
