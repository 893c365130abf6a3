import { describe, expect, test } from 'vitest'
import {
  holeMark,
  readFilterText,
  readGateText,
  readPlacementText,
  readScalingText,
  readScheduleText,
} from './index.ts'
import type { Field, GrammarMistake, HoleValue } from './index.ts'

const db: HoleValue = { kind: 'service', name: 'db', what: "service 'db'" }
const text = (value: string): HoleValue => ({ kind: 'text', text: value })
const number = (value: number): HoleValue => ({ kind: 'number', number: value })

describe('placement', () => {
  test('every rule becomes a part of it', () => {
    const { placement, mistakes, warnings } = readPlacementText(
      `require node.labels.disk == "ssd" && node.memory >= 4Gi;
       prefer node.zone != "c"; prefer !(node.arch == "arm64") || node.cpu > 250m weight 7;
       spread zone; spread node.labels.rack weight 3; near ${holeMark} weight 5; max 2 per node; tolerate "gpu", "team=a"`,
      [db],
    )
    expect([mistakes, warnings]).toEqual([[], []])
    expect(placement).toEqual({
      require: [
        { attribute: 'node.labels.disk', operator: '==', value: 'ssd' },
        { attribute: 'node.memory', operator: '>=', value: 4 * 1024 ** 3 },
      ],
      prefer: [
        { when: { attribute: 'node.zone', operator: '!=', value: 'c' }, weight: 50 },
        {
          when: {
            any: [
              { not: { attribute: 'node.arch', operator: '==', value: 'arm64' } },
              { attribute: 'node.cpu', operator: '>', value: 250 },
            ],
          },
          weight: 7,
        },
      ],
      spread: [
        { attribute: 'node.zone', weight: 50 },
        { attribute: 'node.labels.rack', weight: 3 },
      ],
      near: [{ service: 'db', away: false, weight: 5 }],
      maxPerNode: 2,
      tolerate: ['gpu', 'team=a'],
    })
  })

  test('a list is a choice, and one that is excluded a set of conditions', () => {
    const { placement } = readPlacementText(
      'require node.zone in ("a", "b"); require node.name not in ("x", "y")',
    )
    expect(placement.require).toEqual([
      {
        any: [
          { attribute: 'node.zone', operator: '==', value: 'a' },
          { attribute: 'node.zone', operator: '==', value: 'b' },
        ],
      },
      { attribute: 'node.name', operator: '!=', value: 'x' },
      { attribute: 'node.name', operator: '!=', value: 'y' },
    ])
  })

  test('avoid without a weight has to be so', () => {
    expect(readPlacementText(`avoid ${holeMark}`, [db]).placement.near).toEqual([
      { service: 'db', away: true },
    ])
  })

  test('holes stand in texts, for texts and for numbers, alone or with a unit', () => {
    const { placement, mistakes } = readPlacementText(
      `require node.zone == "z-${holeMark}-${holeMark}" && node.memory > ${holeMark}Gi && node.name == ${holeMark} && node.cpu > ${holeMark}`,
      [text('a'), number(7), number(2), text('h"1'), text('500m')],
    )
    expect(mistakes).toEqual([])
    expect(placement.require.map((each) => ('value' in each ? each.value : undefined))).toEqual([
      'z-a-7',
      2 * 1024 ** 3,
      'h"1',
      500,
    ])
  })

  test('texts have escapes, and labels the signs of other tools', () => {
    const { placement } = readPlacementText(
      String.raw`require node.labels.topology.kubernetes.io/zone == "a\"b\\c" && node.name == 'it''s'`.replace(
        "''",
        String.raw`\'`,
      ),
    )
    expect(placement.require).toEqual([
      { attribute: 'node.labels.topology.kubernetes.io/zone', operator: '==', value: String.raw`a"b\c` },
      { attribute: 'node.name', operator: '==', value: "it's" },
    ])
  })

  test('a condition about the inputs alone is decided now', () => {
    const read = (stage: string) =>
      readPlacementText(
        `require ${holeMark} == "dev" || node.zone == "a"; prefer ${holeMark} == "prod" && node.zone == "b"`,
        [text(stage), text(stage)],
      ).placement
    expect(read('dev')).toEqual({ require: [] })
    expect(read('prod')).toEqual({
      require: [{ attribute: 'node.zone', operator: '==', value: 'a' }],
      prefer: [{ when: { attribute: 'node.zone', operator: '==', value: 'b' }, weight: 50 }],
    })
  })

  test('in an editor, where holes are not known, nothing is wrong with them', () => {
    const { mistakes } = readPlacementText(
      `avoid ${holeMark} weight ${holeMark}; require node.memory > ${holeMark} && node.zone == ${holeMark}; require ${holeMark} == "a"`,
    )
    expect(mistakes).toEqual([])
  })
})

describe('scaling and gates', () => {
  test('rules have a condition, a time and a step; targets a measurement and a number', () => {
    const { rules, targets, mistakes } = readScalingText(
      'cpu > 70% for 1m => +50%; p99 >= 1.5s && 20 > requests => -1; queue("orders") / 50; metric("x") < -5 => +2;',
    )
    expect(mistakes).toEqual([])
    expect(rules).toEqual([
      { when: { attribute: 'cpu', operator: '>', value: 70 }, forMs: 60_000, step: { percent: 50 } },
      {
        when: {
          all: [
            { attribute: 'p99', operator: '>=', value: 1500 },
            { attribute: 'requests', operator: '<', value: 20 },
          ],
        },
        forMs: 0,
        step: { count: -1 },
      },
      { when: { attribute: 'metric', of: 'x', operator: '<', value: -5 }, forMs: 0, step: { count: 2 } },
    ])
    expect(targets).toEqual([{ attribute: 'queue', of: 'orders', per: 50 }])
  })

  test('holes stand for numbers, times, names and steps', () => {
    const { rules } = readScalingText(
      `queue(${holeMark}) > ${holeMark} for ${holeMark} => ${holeMark}; cpu > ${holeMark}% => -${holeMark}`,
      [text('orders'), number(50), text('2m'), text('+10%'), number(12.5), number(3)],
    )
    expect(rules).toEqual([
      {
        when: { attribute: 'queue', of: 'orders', operator: '>', value: 50 },
        forMs: 120_000,
        step: { percent: 10 },
      },
      { when: { attribute: 'cpu', operator: '>', value: 12.5 }, forMs: 0, step: { count: -3 } },
    ])
  })

  test('measurements come with their places', () => {
    const policy = 'cpu > 70% && queue("a") > 1 => +1; requests / 5'
    const { measured } = readScalingText(policy)
    expect(
      measured.map(({ attribute, of, start, end }) => [attribute, of, policy.slice(start, end)]),
    ).toEqual([
      ['cpu', undefined, 'cpu'],
      ['queue', 'a', 'queue("a")'],
      ['requests', undefined, 'requests'],
    ])
  })

  test('a gate is one condition', () => {
    expect(readGateText('errors < 1% && p99 < 300ms for 2m').gate).toEqual({
      when: {
        all: [
          { attribute: 'errors', operator: '<', value: 1 },
          { attribute: 'p99', operator: '<', value: 300 },
        ],
      },
      forMs: 120_000,
    })
  })
})

describe('schedules', () => {
  test.each([
    ['day at 02:30', ['30 2 * * *']],
    ['day at 02:30, 14:30', ['30 2,14 * * *']],
    ['day at 14:45, 02:30', ['30 2 * * *', '45 14 * * *']],
    ['weekday at 09:00, 17:00', ['0 9,17 * * 1-5']],
    ['weekend at 10:00', ['0 10 * * 0,6']],
    ['monday, thursday at 06:15', ['15 6 * * 1,4']],
    ['sunday, weekday, saturday at 00:00', ['0 0 * * *']],
    ['minute', ['* * * * *']],
    ['hour', ['0 * * * *']],
    ['hour at :05, :35', ['5,35 * * * *']],
    ['month on 1, 15 at 04:00', ['0 4 1,15 * *']],
    ['30 2 * * 1-5', ['30 2 * * 1-5']],
    ['*/15  8-17 1,15 jan-mar Mon,wed', ['*/15 8-17 1,15 1-3 1,3']],
    ['0 0 * * fri-sun', ['0 0 * * 5-7']],
    ['5/10 * * * *', ['5-59/10 * * * *']],
  ])('%s', (written, cron) => {
    const { schedule, mistakes } = readScheduleText(written)
    expect(mistakes).toEqual([])
    expect(schedule).toEqual({ cron })
  })

  test.each([
    ['15 minutes', 900_000],
    ['1 minute', 60_000],
    ['90 minutes keep 3', 5_400_000],
    ['2 hours', 7_200_000],
    ['3 days', 259_200_000],
  ])('%s is a span', (written, everyMs) => {
    expect(readScheduleText(written).schedule).toEqual({ everyMs })
  })

  test('holes stand for times and numbers', () => {
    const { schedule, keep } = readScheduleText(`day at ${holeMark} keep ${holeMark}`, [
      text('02:30'),
      number(7),
    ])
    expect([schedule, keep]).toEqual([{ cron: ['30 2 * * *'] }, 7])
  })
})

describe('filters', () => {
  const fields: readonly Field[] = [
    { name: 'service', type: 'text', detail: 'its service' },
    { name: 'state', type: 'text', detail: 'its state', values: ['running', 'failed'] },
    { name: 'restarts', type: 'number', detail: 'how often', min: 0 },
    { name: 'drained', type: 'boolean', detail: 'whether it is' },
    { name: 'age', type: 'time', detail: 'since when' },
    { name: 'node.labels.*', type: 'text', detail: 'a label' },
  ]
  const read = (written: string) => readFilterText(written, fields, 'a task has')

  test('their fields are those of the command', () => {
    expect(
      read('service == "api" && state != "running" && node.labels.zone == "a" && drained == true && age > 5m')
        .condition,
    ).toEqual({
      all: [
        { attribute: 'service', operator: '==', value: 'api' },
        { attribute: 'state', operator: '!=', value: 'running' },
        { attribute: 'node.labels.zone', operator: '==', value: 'a' },
        { attribute: 'drained', operator: '==', value: 'true' },
        { attribute: 'age', operator: '>', value: 300_000 },
      ],
    })
  })

  test.each([
    ['servise == "api"', "a task has no field 'servise'", "did you mean 'service'?"],
    ['state == "runing"', "'state' is never 'runing'", 'did you mean "running"?'],
    ['drained == yes', "'drained' is true or false, not 'yes'", undefined],
    ['restarts > "3"', "'restarts' is not a text", 'leave the quotes out'],
    [
      'state == "running" && state == "failed"',
      `this can never hold together with 'state == "running"'`,
      undefined,
    ],
  ])('%s', (written, message, label) => {
    const { condition, mistakes } = read(written)
    expect(condition).toBeUndefined()
    expect(mistakes.map((each) => [each.message, each.label])).toEqual([[message, label]])
  })

  test('what holds for every value is warned of', () => {
    expect(read('state in ("running", "failed")').warnings).toHaveLength(1)
    expect(read('restarts >= 0').warnings.map((each) => each.message)).toEqual([
      'this always holds: restarts is never less than 0',
    ])
    expect(read('!(restarts < 0)').warnings).toHaveLength(1)
    expect(read('restarts > 3 || restarts < 9').warnings).toHaveLength(1)
    expect(read('restarts < 3 || restarts > 9').warnings).toEqual([])
  })
})

describe('places of mistakes', () => {
  const placesOf = (written: string, mistakes: readonly GrammarMistake[]): unknown[] =>
    mistakes.map(({ code, start, end }) => [code, written.slice(start, end), start])

  test('several mistakes are found at once, each at its place, over several lines', () => {
    const written =
      'require node.labels.disk = "ssd"\n  && node.zoen == "a";\nsprad zone;\nrequire node.os =='
    expect(placesOf(written, readPlacementText(written).mistakes)).toEqual([
      ['GT3102', '=', written.indexOf('=')],
      ['GT3103', 'node.zoen', written.indexOf('node.zoen')],
      ['GT3103', 'sprad', written.indexOf('sprad')],
      ['GT3102', '', written.length],
    ])
  })

  test('something missing is missed behind the last word, not behind the blanks', () => {
    const written = 'require node.os ==   ; require node.id == "a"'
    expect(placesOf(written, readPlacementText(written).mistakes)).toEqual([
      ['GT3102', '', 'require node.os =='.length],
    ])
  })

  test('what is wrong with a hole is at the hole, also inside of a text', () => {
    const written = `require node.zone == "a-${holeMark}-${holeMark}" && node.name == "é${holeMark}"`
    const { mistakes } = readPlacementText(written, [text('a'), db, { kind: 'other', what: 'a list' }])
    expect(mistakes.map(({ start, label }) => [start, label])).toEqual([
      [written.indexOf(`-${holeMark}"`) + 1, "this is service 'db'"],
      [written.lastIndexOf(holeMark), 'this is a list'],
    ])
  })

  test('at most twenty are told', () => {
    expect(readPlacementText('sprad zone;'.repeat(100)).mistakes).toHaveLength(20)
  })
})

describe('what people know from elsewhere is one mistake, which says what is meant', () => {
  test.each<[string, () => readonly GrammarMistake[], string, string, string]>([
    [
      'a machine',
      () => readPlacementText('require node.arch == "x86_64"').mistakes,
      'GT3103',
      '"x86_64"',
      'amd64',
    ],
    [
      'another',
      () => readPlacementText('prefer node.arch in ("amd64", "aarch64")').mistakes,
      'GT3103',
      '"aarch64"',
      '"arm64"',
    ],
    [
      'a capital',
      () => readPlacementText('require node.os == "Linux"').mistakes,
      'GT3103',
      '"Linux"',
      '"linux"',
    ],
    [
      'a typo',
      () => readPlacementText('require node.os != "windwos"').mistakes,
      'GT3103',
      '"windwos"',
      '"windows"',
    ],
    [
      'no system',
      () => readPlacementText('require node.os == "plan9"').mistakes,
      'GT3103',
      '"plan9"',
      '"linux" or "windows"',
    ],
    [
      'a hole',
      () => readPlacementText(`require node.arch == ${holeMark}`, [text('x86_64')]).mistakes,
      'GT3103',
      holeMark,
      'amd64',
    ],
    [
      'a pattern',
      () => readPlacementText('require node.name =~ "web"').mistakes,
      'GT3102',
      '=~',
      'as a whole',
    ],
    [
      'a pattern that is not',
      () => readPlacementText('require node.name !~ "web"').mistakes,
      'GT3102',
      '!~',
      'as a whole',
    ],
    [
      'a time behind the step',
      () => readScalingText('cpu > 70% => +1 for 1m').mistakes,
      'GT3102',
      'for',
      "before '=>'",
    ],
    ['a blank before the sign', () => readScalingText('cpu >70 % => +1').mistakes, 'GT3101', '%', '70%'],
    [
      'a comment',
      () => readPlacementText('require node.zone == "a" # the first\n; spread zone').mistakes,
      'GT3101',
      '# the first',
      'no comments',
    ],
    [
      'comments',
      () => readPlacementText("// don't\nspread zone; // one\n// two\nmax 2 per node").mistakes,
      'GT3101',
      "// don't",
      'no comments',
    ],
    [
      'a comment at the end',
      () => readGateText('errors < 1% // good').mistakes,
      'GT3101',
      '// good',
      'no comments',
    ],
    [
      'a comment that takes a part',
      () => readPlacementText('require node.zone # == "a"').mistakes,
      'GT3101',
      '# == "a"',
      'no comments',
    ],
    [
      'a comment of a schedule',
      () => readScheduleText('day at 02:30 # night').mistakes,
      'GT3101',
      '# night',
      'no comments',
    ],
  ])('%s', (_, read, code, at, said) => {
    const mistakes = read()
    expect(mistakes.map((each) => each.code)).toEqual([code])
    expect(`${mistakes[0]?.message ?? ''}: ${mistakes[0]?.label ?? ''}`).toContain(said)
    expect((mistakes[0]?.end ?? 0) - (mistakes[0]?.start ?? 0)).toBe(at.length)
  })

  /** In the order of the text: the comment, then what is wrong beside it. */
  test.each<
    [string, (text: string) => { readonly mistakes: readonly GrammarMistake[] }, string, readonly string[]]
  >([
    [
      'a rule behind it on its line',
      readPlacementText,
      'require node.zone == "a" # c; spread zne',
      ['# c', 'zne'],
    ],
    [
      'a rule of scaling behind it on its line',
      readScalingText,
      'cpu > 70% => +1 // up; memry > 70% => +1',
      ['// up', 'memry'],
    ],
    ['prose with a semicolon', readPlacementText, 'spread zone # one; two', ['# one; two']],
    [
      'one that ends by itself',
      readPlacementText,
      'require /* the */ node.oss == "a"; spread zne',
      ['/* the */', 'node.oss', 'zne'],
    ],
    [
      'what is missing between it and the next line',
      readPlacementText,
      'spread zone # c\nmax 2 per node',
      ['# c', 'max'],
    ],
    ['what may have been in it', readPlacementText, 'spread zone # ; c\nmax 2 per node', ['# ; c']],
    ['what is missing at the end', readScalingText, '// up\ncpu > 70%', ['// up', '']],
    ['a rule that it has taken the end of', readScalingText, 'cpu > 70% # => +1', ['# => +1']],
    ['a schedule of cron', readScheduleText, '30 2 * * * # night', ['# night']],
    ['a wrong schedule of cron', readScheduleText, '30 2 * * 9 # night', ['9', '# night']],
  ])('beside a comment: %s', (_, read, written, marked) => {
    expect(read(written).mistakes.map(({ start, end }) => written.slice(start, end))).toEqual(marked)
  })

  test('what stands in quotes, and the signs of labels, are no comments', () => {
    const { mistakes } = readPlacementText(
      'require node.name == "a # b // c" && node.labels.a/b == \'#\' && node.labels.a//b == "//"',
    )
    expect(mistakes).toEqual([])
  })
})
