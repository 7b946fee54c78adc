#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts one `meson test` run and says what failed or was skipped, and why.

usage: tally.py TESTLOG.json RESULTS

A program that speaks TAP counts once per sub-test, every other case once. Appends a line
"passed|failed|skipped NAME" per test to RESULTS and prints the failures with their output.

Meson's own numbers are not used, for it counts a TAP program that says nothing at all as skipped.
Its log holds the output of every case whole, so the TAP is read again here:

1. every planned sub-test is counted once; one that was never reported has failed;
2. a program that ended badly with all its sub-tests reported adds one failure;
3. only exit status 77, or a TAP plan of nothing ("1..0"), is a skipped case;
4. what is not known to be good has failed.
"""

import json
import re
import sys

PLAN = re.compile(r'1\.\.(\d+)\s*(?:#\s*SKIP\S*\s*(.*))?$', re.I)
TEST = re.compile(r'(not )?ok\b\s*\d*\s*-?\s*(.*?)\s*(?:#\s*SKIP\S*\s*(.*))?$', re.I)
TIME = re.compile(r'\s*\(\d+\.\d+s\)$')
NOISE = re.compile(r'\s*(---|\.\.\.|assertions: \d+|failures:|\(test program exited with .*\))?$')
UNPRINTABLE = re.compile(r'[^\t\n\x20-\x7e\xa0-\uffff]')
MAX_LINES = 120


def ending(case):
    """How a program ended, in words."""
    code = case['returncode']
    if case['result'] == 'TIMEOUT':
        return 'timed out after %.0f s' % case['duration']
    if case['result'] == 'UNEXPECTEDPASS':
        return 'passed, but is expected to fail'
    if code is None:
        return 'never ended'
    if code < 0:
        return 'killed by signal %d' % -code
    return 'exit status %d' % code


def output(case):
    """What a program printed, the end of it when it is long."""
    text = []
    for stream in ('stdout', 'stderr'):
        lines = case.get(stream, '').rstrip('\n').split('\n')
        if len(lines) > MAX_LINES:
            lines = ['... %d lines left out ...' % (len(lines) - MAX_LINES)] + lines[-MAX_LINES:]
        if lines != ['']:
            text += lines
    return text


def skip_reason(case):
    """The reason a skipped case gave: the last line that says so, else its last line."""
    lines = [line.strip() for line in output(case) if line.strip()]
    said = [line for line in lines if re.search(r'\bskip', line, re.I)]
    reason = (said or lines or ['gave no reason'])[-1]
    return re.sub(r'^(1\.\.0\s*#\s*)?skip\w*[:,]?\s*', '', reason, flags=re.I) or 'gave no reason'


class Tap:
    """The sub-tests in one program's standard output."""

    def __init__(self, text):
        self.planned = None
        self.tests = []  # [state, name, reason, lines that follow]
        self.bailed = None
        for line in text.split('\n'):
            plan, test = PLAN.match(line), TEST.match(line)
            if plan and self.planned is None:
                self.planned = int(plan[1])
            elif line.startswith('Bail out!'):
                self.bailed = line
            elif test:
                state = 'failed' if test[1] else 'passed' if test[3] is None else 'skipped'
                name = TIME.sub('', test[2]) or str(len(self.tests) + 1)
                self.tests.append([state, name, test[3] or 'gave no reason', []])
            elif self.tests and line.startswith(' ') and not NOISE.match(line):
                self.tests[-1][3].append(line.strip())


def stderr_of(case):
    lines = case.get('stderr', '').split('\n')
    return [line for line in lines if not NOISE.match(line)][-MAX_LINES:]


def is_tap(case):
    return re.search(r'^(TAP version \d+|1\.\.\d+.*)$', case.get('stdout', ''), re.M)


def count_tap(name, case):
    """Yields (state, name, detail lines) for each sub-test of a program."""
    tap = Tap(case['stdout'])
    if tap.planned == 0 and not tap.tests and case['returncode'] == 0:
        yield 'skipped', name, [skip_reason(case)]
        return
    failures = 0
    for state, test, reason, lines in tap.tests:
        failures += state == 'failed'
        yield state, '%s: %s' % (name, test), [reason] if state == 'skipped' else lines
    missing = max((tap.planned or 0) - len(tap.tests), 0)
    extra = tap.planned is not None and len(tap.tests) > tap.planned
    bad = case['returncode'] != 0 or tap.bailed or extra or tap.planned is None
    for number in range(missing):
        detail = [tap.bailed or ending(case)] + stderr_of(case) if number == 0 else []
        yield 'failed', '%s: never reported, %d of %d' % (name, number + 1, missing), detail
    if bad and not missing and not failures:
        yield 'failed', name, [tap.bailed or ending(case)] + stderr_of(case)
    elif failures and not missing and stderr_of(case):
        yield None, '%s: standard error' % name, [''] + stderr_of(case)


def count(case):
    """Yields (state, name, detail lines) for each test in a case."""
    name = re.sub(r'^[^:/]*:', '', case['name']).replace(' / ', '/')
    if is_tap(case):
        yield from count_tap(name, case)
    elif case['returncode'] == 77:
        yield 'skipped', name, [skip_reason(case)]
    elif case['result'] in ('OK', 'EXPECTEDFAIL'):
        yield 'passed', name, []
    elif case['result'] == 'SKIP':
        yield 'failed', name, ['reported no test at all'] + output(case)
    else:
        yield 'failed', name, [ending(case)] + output(case)


def show(title, items):
    if items:
        print('\n== %s' % title)
    for name, lines in items:
        print(name + (': ' + lines[0].strip() if lines and lines[0].strip() else ''))
        for line in lines[1:]:
            print('    ' + UNPRINTABLE.sub('?', line))


def main():
    log, results = sys.argv[1:]
    shown = {'failed': [], 'skipped': []}
    with open(log, encoding='utf-8', errors='replace') as cases, \
            open(results, 'a', encoding='utf-8') as out:
        for line in cases:
            for state, name, lines in count(json.loads(line)):
                if state:
                    out.write('%s %s\n' % (state, name))
                if state != 'passed':
                    shown[state or 'failed'].append((name, lines))
    show('skipped', shown['skipped'])
    show('failed', shown['failed'])


if __name__ == '__main__':
    sys.stdout.reconfigure(errors='backslashreplace')
    main()
